"""A month of the lake, and what is counted in it."""

from dataclasses import dataclass
from enum import StrEnum

FIRST_YEAR, LAST_YEAR = 2024, 2040  # the range that the tables' partition projection covers
_MONTHS = 12


class Dataset(StrEnum):
    """A table of the lake."""

    EVENTS = "events"
    GRADES = "grades"


@dataclass(frozen=True, slots=True)
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
