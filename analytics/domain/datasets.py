"""A month of the lake, and what is counted in it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Self

FIRST_YEAR, LAST_YEAR = 2024, 2040  # the range that the tables' partition projection covers
_MONTHS = 12


class Dataset(StrEnum):
    """A table of the lake."""

    EVENTS = "events"
    GRADES = "grades"


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month, in UTC: when events occurred, when grades were recorded."""

    year: int
    month: int

    def __post_init__(self) -> None:
        """Raise ValueError for a month that the lake cannot hold."""
        if not isinstance(self.year, int) or not isinstance(self.month, int):
            raise ValueError("a month is two whole numbers")  # noqa: TRY004 - one error type for every broken invariant
        if not (FIRST_YEAR <= self.year <= LAST_YEAR and 1 <= self.month <= _MONTHS):
            raise ValueError("outside the lake's range")

    @classmethod
    def first(cls) -> Self:
        """The first month that the lake can hold."""
        return cls(FIRST_YEAR, 1)

    @classmethod
    def of(cls, epoch_s: int) -> Self:
        """The month of an instant, in seconds since 1970. Raises ValueError for one that the lake cannot hold."""
        instant = datetime.fromtimestamp(epoch_s, UTC)
        return cls(instant.year, instant.month)

    @classmethod
    def between(cls, first: Self, last: Self) -> tuple[Self, ...]:
        """Every month from the first to the last, both included; none if the last is before the first."""
        numbers = range(first.year * _MONTHS + first.month - 1, last.year * _MONTHS + last.month)
        return tuple(cls(number // _MONTHS, number % _MONTHS + 1) for number in numbers)

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02d}"


@dataclass(frozen=True, slots=True)
class Count:
    """How much of a dataset one school has in one month.

    ``records`` counts what the records are about, each once (an event; a student's score in an evaluation); ``rows``
    counts lines of the lake, which holds a record again after a change or a repeated delivery.
    """

    school_id: str
    dataset: Dataset
    month: Month
    records: int
    rows: int
