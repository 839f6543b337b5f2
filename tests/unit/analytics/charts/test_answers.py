"""The chart of an answer: what is in it, for each question."""

from __future__ import annotations

from typing import Any

import pytest

from analytics.charts import draw
from analytics.charts.answers import chart_of
from analytics.charts.model import MOST_SERIES
from analytics.queries.attendance import BandRow
from analytics.queries.behaviour import WeekRow
from analytics.queries.grade_distribution import GradeRow
from analytics.queries.pass_rates import PassRow
from analytics.queries.progress import PastRow, TermRow
from analytics.queries.registry import QUESTIONS
from edu.clock import now

NAMES = {
    "section_id": {"s1": "Quinto A", "s2": "Quinto B", "mus": "Coro"},
    "term_id": {"t1": "Primer período"},
    "course_id": {"mus": "Música"},
    "kind": {"late": "Atraso"},
}


def chart(question: str, rows: list[Any]) -> Any:
    return chart_of(question, rows, title="T", name=called, written="{:g}".format)


def called(one: str, column: str) -> str:
    return NAMES[column].get(one, one)


def grade(section: str, value: str, scores: int) -> GradeRow:
    return GradeRow(section, "c", value, scores, 0.5, passing=True, section_students=20, section_mean=0.6)


def values(found: Any) -> dict[str, list[float | None]]:
    return {series.name: [point.value for point in series.points] for series in found.series}


def test_grades_are_bars_by_value_for_each_section() -> None:
    found = chart("grade-distribution", [grade("s1", "5", 3), grade("s1", "6", 4), grade("s2", "6", 2)])
    assert found.categories == ("5", "6")
    assert values(found) == {"Quinto A": [3, 4], "Quinto B": [None, 2]}


def test_of_many_sections_their_means_are_shown() -> None:
    found = chart("grade-distribution", [grade(f"s{n}", "5", 3) for n in range(1, MOST_SERIES + 2)])
    assert len(found.series) == 1
    assert found.categories[:2] == ("Quinto A", "Quinto B")


def test_progress_is_a_line_a_course_in_the_order_of_terms() -> None:
    rows = [TermRow(2026, "t2", 2, "mat", 10, 8, 0.8, 0.7), TermRow(2025, "t1", 1, "mat", 10, 8, 0.8, 0.6)]
    found = chart("progress", rows)
    assert (found.categories, values(found)) == (("Primer período", "t2"), {"mat": [0.6, 0.7]})


def test_past_is_beside_this_term_for_the_latest_year() -> None:
    row = PastRow("mat", "t2", "t1", 2025, 10, 10, 0.8, 0.7, 0.1, 0.6, 0.5, 0.1)
    older = PastRow("mat", "t2", "t0", 2024, 10, 10, 0.8, 0.2, 0.6, 0.6, 0.5, 0.1)
    assert values(chart("own-past", [older, row])) == {"2025": [0.7], "Este período": [0.8]}


def test_weeks_are_summed_over_sections() -> None:
    today = now().date()
    rows = [WeekRow("2026-W10", today, section, "late", 3, 2, 20) for section in ("s1", "s2")]
    assert values(chart("behaviour-weeks", rows)) == {"Atraso": [6]}


def test_bands_leave_out_the_row_of_all() -> None:
    rows = [BandRow("0", 10, 0.7, 0.9, 0, None), BandRow("all", 20, 0.6, 0.8, 5, -0.4)]
    assert chart("attendance-against-grades", rows).categories == ("0",)


def test_pass_rates_are_named_by_section_or_course() -> None:
    rows = [PassRow("mat", "s1", 20, 10, 0.5, 0.5), PassRow("len", "", 20, 15, 0.75, 0.5)]
    assert chart("pass-rates", rows).categories == ("Quinto A", "len")


def test_course_whose_id_is_a_sections_too_is_called_by_its_own_name() -> None:
    row = PastRow("mus", "t2", "t1", 2025, 10, 10, 0.8, 0.7, 0.1, 0.6, 0.5, 0.1)
    term = TermRow(2026, "t2", 2, "mus", 10, 8, 0.8, 0.7)
    assert chart("own-past", [row]).categories == ("Música",)
    assert list(values(chart("progress", [term]))) == ["Música"]
    assert chart("pass-rates", [PassRow("mus", "", 20, 10, 0.5, 0.5)]).categories == ("Música",)
    assert chart("pass-rates", [PassRow("mat", "mus", 20, 10, 0.5, 0.5)]).categories == ("Coro",)


@pytest.mark.parametrize("question", list(QUESTIONS))
def test_answer_without_rows_has_no_chart(question: str) -> None:
    assert chart(question, []) is None


def test_list_of_students_has_no_chart() -> None:
    assert chart("at-risk", [object()]) is None


def test_text_of_a_school_is_escaped() -> None:
    assert "<b>" not in draw(chart("pass-rates", [PassRow("<b>", "", 1, 1, 1.0, 1.0)]))
