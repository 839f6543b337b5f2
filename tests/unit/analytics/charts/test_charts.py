"""Charts: what they say is in them as text, to scale, and nothing that a page's policy would refuse."""

from __future__ import annotations

import math
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.charts import BARS, LINES, Chart, Point, Series, draw
from analytics.charts.model import MOST_SERIES, ticks

SVG = "{http://www.w3.org/2000/svg}"


def chart(
    form: Any = BARS, *series: tuple[str, list[float | None]], categories: tuple[str, ...] = ("1A", "1B")
) -> Chart:
    made = tuple(
        Series(name, tuple(Point(value, "menos de 5" if value is None else f"{value:g}") for value in values))
        for name, values in series
    )
    return Chart(form=form, title="Notas", description="Por sección.", categories=categories, series=made)


def texts(svg: str) -> list[str]:
    return [found.text or "" for found in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314 - our own


@pytest.mark.parametrize("form", [BARS, LINES])
def test_every_value_category_and_title_is_there_as_text(form: str) -> None:
    svg = draw(chart(form, ("2025", [3.0, 4.5]), ("2026", [2.0, None])))
    assert {"Notas", "1A", "1B", "3", "4.5", "2", "menos de 5", "2025", "2026"} <= set(texts(svg))
    root = ET.fromstring(svg)  # noqa: S314 - our own
    assert root.get("role") == "img"
    assert [found.text for found in (root.find(f"{SVG}title"), root.find(f"{SVG}desc")) if found is not None] == [
        "Notas",
        "Por sección.",
    ]


def test_bars_are_as_high_as_their_values() -> None:
    svg = draw(chart(BARS, ("n", [10.0, 5.0])))
    first, second = (float(bar.get("height", "")) for bar in ET.fromstring(svg).iter(f"{SVG}rect"))  # noqa: S314
    assert first == pytest.approx(2 * second)


def test_line_is_broken_where_there_is_no_value() -> None:
    svg = draw(chart(LINES, ("n", [1.0, None, 2.0, 3.0]), categories=("a", "b", "c", "d")))
    drawn = [line for line in ET.fromstring(svg).iter(f"{SVG}line") if line.get("stroke-width") == "2"]  # noqa: S314
    assert len(drawn) == 1


def test_text_of_people_stays_text() -> None:
    evil = '<script>alert("1")</script>&'
    svg = draw(chart(BARS, (evil, [1.0]), ("b", [1.0]), categories=(evil,)))
    assert "<script" not in svg
    assert evil in texts(svg)


@pytest.mark.parametrize("form", [BARS, LINES])
def test_nothing_in_it_needs_style_or_script(form: str) -> None:
    svg = draw(chart(form, ("a", [1.0, 2.0]), ("b", [1.0, 2.0])))
    for found in ET.fromstring(svg).iter():  # noqa: S314 - our own
        assert found.tag.removeprefix(SVG) in {"svg", "title", "desc", "text", "rect", "line", "circle"}
        assert not {name for name in found.keys() if name == "style" or name.startswith("on") or "href" in name}  # noqa: SIM118


def test_same_chart_gives_the_same_text() -> None:
    assert draw(chart(BARS, ("a", [1.0, 2.0]))) == draw(chart(BARS, ("a", [1.0, 2.0])))


def test_chart_without_categories_or_values_is_drawn() -> None:
    assert "Notas" in texts(draw(chart(BARS, categories=())))
    assert "menos de 5" in texts(draw(chart(LINES, ("a", [None, None]))))


@pytest.mark.parametrize("values", [[1.0], [-1.0, 1.0], [math.nan, 1.0], [math.inf, 1.0]])
def test_values_that_cannot_be_drawn_are_refused(values: list[float | None]) -> None:
    with pytest.raises(ValueError, match="value"):
        chart(BARS, ("a", values))


def test_more_series_than_colours_are_refused() -> None:
    with pytest.raises(ValueError, match="colours"):
        chart(BARS, *((str(n), [1.0, None]) for n in range(MOST_SERIES + 1)))


@given(st.floats(min_value=1e-6, max_value=1e9))
def test_marks_of_the_axis_are_few_and_reach_the_highest(highest: float) -> None:
    found = ticks(highest)
    assert found[0] == 0
    assert found[-1] >= highest * (1 - 1e-6)
    assert 2 <= len(found) <= 6
