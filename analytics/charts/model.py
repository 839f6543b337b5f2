"""What a chart shows. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

BARS: Final = "bars"
LINES: Final = "lines"
MOST_SERIES: Final = 6  # as many colours as can be told apart
_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Point:
    """A value at one of the chart's categories, and how it is written. ``None``: there is none to show, and why."""

    value: float | None
    text: str


@dataclass(frozen=True, slots=True)
class Series:
    """Values that belong together: one for each category, in their order."""

    name: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart: for each category, in order, a value of each series. Values are not negative.

    ``description`` says in a sentence what is to be seen, for who does not see it.
    """

    form: Literal["bars", "lines"]
    title: str
    description: str
    categories: tuple[str, ...]
    series: tuple[Series, ...]

    def __post_init__(self) -> None:
        """Raise ValueError for a series of another length than the categories, too many series, or a bad value."""
        if len(self.series) > MOST_SERIES:
            raise ValueError("more series than colours")
        for series in self.series:
            if len(series.points) != len(self.categories):
                raise ValueError("a series has a value for each category")
            for point in series.points:
                if point.value is not None and not (math.isfinite(point.value) and point.value >= 0):
                    raise ValueError("a value is a number, and not negative")

    @property
    def highest(self) -> float:
        """The highest value; 0 when there is none."""
        return max((p.value for one in self.series for p in one.points if p.value is not None), default=0.0)


def ticks(highest: float, most: int = 5) -> tuple[float, ...]:
    """Round numbers from 0 to at least the highest value, ``most`` steps at most."""
    if highest <= 0:
        return (0.0, 1.0)
    magnitude = 10.0 ** math.floor(math.log10(highest / most))
    step = next(step * magnitude for step in _STEPS if step * magnitude * most >= highest * (1 - 1e-9))
    return tuple(number * step for number in range(math.ceil(highest / step - 1e-9) + 1))
