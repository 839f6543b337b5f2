"""What a question to the lake is, and what its answer is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, time, timedelta
from math import isnan
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol
from zoneinfo import ZoneInfo

from analytics.domain.datasets import FIRST_YEAR, Dataset, Month
from analytics.errors import AthenaError, InvalidQuestionError
from analytics.lake.snapshots import Snapshot
from evaluations.domain.school import School

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analytics.queries.sql import Sql
    from evaluations.domain.school import Term

Cells = tuple[str | None, ...]
NO_SNAPSHOT: Final = Snapshot()
_DECIMALS: Final = 6


@dataclass(frozen=True, slots=True)
class Person:
    """A student of the school's roster, and the sections in which they have a place."""

    student_id: str
    sections: frozenset[str]


@dataclass(frozen=True, slots=True)
class Asker:
    """The school that asks, and the day that it is there. ``people``: its students by their pseudonyms.

    People are there only for a question whose ``NEEDS_PEOPLE`` says so.
    """

    school: School
    today: date
    people: Mapping[str, Person] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lake:
    """What of the lake a question is put to."""

    events: Snapshot = NO_SNAPSHOT
    grades: Snapshot = NO_SNAPSHOT


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows, each of the question's ``Row``. ``hidden_groups``: how many were left out for being small."""

    rows: tuple[Any, ...]
    hidden_groups: int = 0


class Question(Protocol):
    """A question with its parameters: a frozen dataclass of texts, numbers, days and a rule."""

    NAME: ClassVar[str]
    NEEDS_PEOPLE: ClassVar[bool]
    Row: ClassVar[type[Any]]

    def months(self, asker: Asker) -> Mapping[Dataset, tuple[Month, ...]]:
        """Which months of which dataset it reads. Raises InvalidQuestionError for parameters that fit nothing."""
        ...

    def statement(self, asker: Asker, lake: Lake) -> Sql:
        """The query. Raises as ``analytics.queries.sources``."""
        ...

    def answer(self, asker: Asker, cells: Sequence[Cells]) -> Answer:
        """The answer that the query's rows come to. Raises AthenaError for rows of another shape."""
        ...


def term_of(asker: Asker, term_id: str) -> Term:
    """A term of the school. Raises InvalidQuestionError when it has none of this id."""
    found = next((term for term in asker.school.terms if term.term_id == term_id), None)
    if found is None:
        raise InvalidQuestionError("term")
    return found


def grade_months(asker: Asker, terms: Sequence[Term]) -> tuple[Month, ...]:
    """Where grades of these terms lie: from before the first one's school year, for evaluations set early, to today.

    Corrections come late, and each is written in the month in which it is made.
    """
    years = {term.year for term in terms}
    begun = min(term.starts_on for term in asker.school.terms if term.year in years)
    return months_of(asker, begun - timedelta(days=62), asker.today)


def months_of(asker: Asker, first: date, last: date) -> tuple[Month, ...]:
    """The months, in UTC, that hold the school's days from the first to the last, both included."""
    start, end = instants_of(asker, first, last)
    earliest = max(start, int(datetime(FIRST_YEAR, 1, 1, tzinfo=UTC).timestamp()))
    try:
        return Month.between(Month.of(earliest), Month.of(max(end - 1, earliest)))
    except ValueError as error:
        raise InvalidQuestionError("months") from error


def instants_of(asker: Asker, first: date, last: date) -> tuple[int, int]:
    """When the first day begins and the last one ends, by the school's clocks, in seconds since 1970."""
    zone = ZoneInfo(asker.school.time_zone)
    ends_on = last + timedelta(days=1)
    return tuple(int(datetime.combine(day, time(), zone).timestamp()) for day in (first, ends_on))  # type: ignore[return-value]  # two of them


def whole(cell: str | None) -> int:
    """A count. Raises AthenaError for anything else."""
    try:
        return int(cell or "0")
    except ValueError as error:
        raise AthenaError("unexpected result") from error


def real(cell: str | None) -> float | None:
    """A number, to the sixth decimal: what lies behind it depends on the order of a sum. Raises AthenaError."""
    try:
        found = float(cell) if cell else None
        return None if found is None or isnan(found) else round(found, _DECIMALS)
    except ValueError as error:
        raise AthenaError("unexpected result") from error


def columns_of(row: type[Any]) -> tuple[str, ...]:
    """The names of a row's columns."""
    return tuple(one.name for one in fields(row))
