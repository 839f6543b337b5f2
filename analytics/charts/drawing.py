"""A chart as an SVG document.

Text and shapes carry presentation attributes alone, so the page's policy (no inline style) holds inside it too. Colours
are Okabe and Ito's, which the colour-blind tell apart; series differ by their marks as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from analytics.charts.model import BARS, Chart, ticks

if TYPE_CHECKING:
    from analytics.charts.model import Point, Series

_NAMESPACE: Final = "http://www.w3.org/2000/svg"
_COLOURS: Final = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
_DASHES: Final = ("none", "6 3", "2 3", "9 3 2 3", "4 2", "1 2")
_INK, _GRID, _NONE = "#222222", "#d0d0d0", "#767676"
_TEXT_PX, _LINE_PX = 12, 18
_LEFT, _RIGHT, _TOP, _PLOT_HEIGHT = 56, 16, 40, 220
_SLOT, _WIDEST, _NARROWEST = 64, 1600, 360
_CHARACTER_PX = 6.5
_LONGEST_LABEL: Final = 18


@dataclass(frozen=True, slots=True)
class _Plot:
    """Where things stand, in pixels."""

    chart: Chart
    width: float
    marks: tuple[float, ...]

    @property
    def bottom(self) -> float:
        return _TOP + _PLOT_HEIGHT

    @property
    def slot(self) -> float:
        """The width that a category has."""
        return (self.width - _LEFT - _RIGHT) / max(1, len(self.chart.categories))

    def left_of(self, category: int) -> float:
        return _LEFT + category * self.slot

    def height_of(self, value: float) -> float:
        return value / self.marks[-1] * _PLOT_HEIGHT


def draw(chart: Chart) -> str:
    """The chart as a whole SVG document in UTF-8. The same chart gives the same text."""
    wanted = _LEFT + _RIGHT + _SLOT * len(chart.categories) * (len(chart.series) if chart.form == BARS else 1)
    plot = _Plot(chart, float(min(_WIDEST, max(_NARROWEST, wanted))), ticks(chart.highest))
    names = len(chart.series) if len(chart.series) > 1 else 0
    height = plot.bottom + 2 * _LINE_PX + names * _LINE_PX + 8
    root = ET.Element(
        "svg",
        {
            "xmlns": _NAMESPACE,
            "viewBox": f"0 0 {plot.width:g} {height:g}",
            "width": f"{plot.width:g}",
            "height": f"{height:g}",
            "role": "img",
            "font-family": "sans-serif",
            "font-size": str(_TEXT_PX),
        },
    )
    ET.SubElement(root, "title").text = chart.title
    ET.SubElement(root, "desc").text = chart.description
    _text(root, _LEFT, 20, chart.title, anchor="start", bold=True)
    _axes(root, plot)
    for number, series in enumerate(chart.series):
        (_bars if chart.form == BARS else _lines)(root, plot, number, series)
    _legend(root, plot)
    return ET.tostring(root, encoding="unicode")


def _axes(root: ET.Element, plot: _Plot) -> None:
    for mark in plot.marks:
        y = plot.bottom - plot.height_of(mark)
        _line(root, (_LEFT, y), (plot.width - _RIGHT, y), _GRID)
        _text(root, _LEFT - 6, y + 4, f"{mark:g}", anchor="end")
    fits = max(3, int(plot.slot / _CHARACTER_PX))
    for number, category in enumerate(plot.chart.categories):
        label = _text(root, plot.left_of(number) + plot.slot / 2, plot.bottom + _LINE_PX, _cut(category, fits))
        ET.SubElement(label, "title").text = category


def _bars(root: ET.Element, plot: _Plot, number: int, series: Series) -> None:
    width = plot.slot * 0.8 / len(plot.chart.series)
    for category, point in enumerate(series.points):
        x = plot.left_of(category) + plot.slot * 0.1 + number * width
        if point.value is None:
            _absent(root, x + width / 2, plot, point)
            continue
        height = plot.height_of(point.value)
        bar = ET.SubElement(
            root,
            "rect",
            {
                "x": f"{x:.1f}",
                "y": f"{plot.bottom - height:.1f}",
                "width": f"{width:.1f}",
                "height": f"{height:.1f}",
                "fill": _COLOURS[number],
                "stroke": _INK,
                "stroke-width": "0.5",
            },
        )
        ET.SubElement(bar, "title").text = _spoken(plot, series, category, point)
        _text(root, x + width / 2, plot.bottom - height - 4, point.text)


def _lines(root: ET.Element, plot: _Plot, number: int, series: Series) -> None:
    before: tuple[float, float] | None = None
    for category, point in enumerate(series.points):
        x = plot.left_of(category) + plot.slot / 2
        if point.value is None:
            _absent(root, x, plot, point)
            before = None
            continue
        here = (x, plot.bottom - plot.height_of(point.value))
        if before:
            _line(root, before, here, _COLOURS[number], dashes=_DASHES[number])
        dot = ET.SubElement(
            root, "circle", {"cx": f"{here[0]:.1f}", "cy": f"{here[1]:.1f}", "r": "4", "fill": _COLOURS[number]}
        )
        ET.SubElement(dot, "title").text = _spoken(plot, series, category, point)
        _text(root, here[0], here[1] - 8, point.text)
        before = here


def _absent(root: ET.Element, x: float, plot: _Plot, point: Point) -> None:
    _text(root, x, plot.bottom - 4, point.text, colour=_NONE)


def _legend(root: ET.Element, plot: _Plot) -> None:
    if len(plot.chart.series) < 2:  # noqa: PLR2004 - one series is named by the title
        return
    for number, series in enumerate(plot.chart.series):
        y = plot.bottom + 2 * _LINE_PX + number * _LINE_PX
        ET.SubElement(
            root, "rect", {"x": str(_LEFT), "y": f"{y:g}", "width": "12", "height": "12", "fill": _COLOURS[number]}
        )
        _text(root, _LEFT + 18, y + 11, series.name, anchor="start")


def _spoken(plot: _Plot, series: Series, category: int, point: Point) -> str:
    named = f"{series.name}, " if len(plot.chart.series) > 1 else ""
    return f"{named}{plot.chart.categories[category]}: {point.text}"


def _cut(label: str, fits: int) -> str:
    most = min(fits, _LONGEST_LABEL)
    return label if len(label) <= most else label[: most - 1] + "…"


def _line(
    root: ET.Element, start: tuple[float, float], end: tuple[float, float], colour: str, *, dashes: str = "none"
) -> None:
    ends = {"x1": start[0], "y1": start[1], "x2": end[0], "y2": end[1]}
    line = ET.SubElement(root, "line", {name: f"{number:.1f}" for name, number in ends.items()})
    line.set("stroke", colour)
    line.set("stroke-width", "1" if colour == _GRID else "2")
    if dashes != "none":
        line.set("stroke-dasharray", dashes)


def _text(
    root: ET.Element, x: float, y: float, text: str, *, anchor: str = "middle", bold: bool = False, colour: str = _INK
) -> ET.Element:
    found = ET.SubElement(root, "text", {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor, "fill": colour})
    if bold:
        found.set("font-weight", "bold")
    found.text = text
    return found
