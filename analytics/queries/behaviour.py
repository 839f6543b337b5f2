"""Behaviour by kind, ISO week of the school's own clocks, and section."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from analytics.domain import small_groups
from analytics.domain.datasets import Dataset
from analytics.errors import InvalidQuestionError, QueryTooLargeError
from analytics.queries import sources
from analytics.queries.questions import Answer, Asker, Lake, instants_of, months_of, whole
from analytics.queries.sql import Sql, bind, compose, literal, values_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analytics.domain.datasets import Month
    from analytics.queries.questions import Cells

LONGEST: Final = timedelta(days=400)
MOST_STUDENTS: Final = 1_500  # whose pseudonyms stand in the query, beside the objects' addresses
_SQL: Final = """\
WITH {}, {}
SELECT week, kind, cohort, count(*), count(DISTINCT student_pseudonym)
FROM (SELECT * FROM {} AS e WHERE occurred_at_epoch_s >= {} AND occurred_at_epoch_s < {}) AS heard
JOIN cohorts ON cohort_pseudonym = student_pseudonym
JOIN weeks ON occurred_at_epoch_s >= week_from AND occurred_at_epoch_s < week_until
GROUP BY week, kind, cohort ORDER BY 1, 2, 3"""


@dataclass(frozen=True, slots=True)
class WeekRow:
    """A kind of event in a week and section: how many, and of how many of its ``section_students``.

    ``week`` is as ISO 8601 writes it, e.g. 2026-W23; ``week_begins_on`` its Monday.
    """

    week: str
    week_begins_on: date
    section_id: str
    kind: str
    events: int
    students: int
    section_students: int


@dataclass(frozen=True, slots=True)
class BehaviourWeeks:
    """The events of the days from the first to the last. A student's events count in each section that they attend.

    A section is who has a place in it today; its students' pseudonyms stand in the query.
    """

    NAME: ClassVar[str] = "behaviour-weeks"
    NEEDS_PEOPLE: ClassVar[bool] = True
    Row: ClassVar[type[WeekRow]] = WeekRow

    first_on: date
    last_on: date
    section_id: str = ""

    def months(self, asker: Asker) -> Mapping[Dataset, tuple[Month, ...]]:
        """See ``Question``."""
        if not timedelta(0) <= self.last_on - self.first_on <= LONGEST:
            raise InvalidQuestionError("last_on")
        return {Dataset.EVENTS: months_of(asker, self.first_on, self.last_on)}

    def statement(self, asker: Asker, lake: Lake) -> Sql:
        """See ``Question``. Also QueryTooLargeError: a school with more students than one query may name."""
        members = _members(asker, self.section_id)
        if len(members) > MOST_STUDENTS:
            raise QueryTooLargeError
        numbers = _cohorts(members)
        cohorts = [(literal(name), f"{numbers[places]:d}") for name, places in sorted(members.items())]
        weeks = [
            (literal(name), f"{start:d}", f"{end:d}")
            for name, (start, end) in _weeks(asker, self.first_on, self.last_on).items()
        ]
        begun, over = instants_of(asker, self.first_on, self.last_on)
        return compose(
            _SQL,
            values_of("cohorts", "cohort_pseudonym, cohort", cohorts or [(literal("-"), "0")]),
            values_of("weeks", "week, week_from, week_until", weeks),
            sources.events_of(lake.events),
            bind(begun),
            bind(over),
        )

    def answer(self, asker: Asker, cells: Sequence[Cells]) -> Answer:
        """See ``Question``. Small sections are left out; a section asked for by its id is shown."""
        members = _members(asker, self.section_id)
        by_section: dict[str, set[str]] = defaultdict(set)
        for name, places in members.items():
            for section_id in places:
                by_section[section_id].add(name)
        sections = {key: frozenset(people) for key, people in by_section.items()}
        visible = frozenset(sections) if self.section_id else small_groups.apart(sections)
        places_of = {number: places for places, number in _cohorts(members).items()}
        counts: dict[tuple[str, str, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
        for week, kind, cohort, events, students in cells:
            for section_id in places_of.get(whole(cohort), frozenset()) & visible:
                key = (week or "", section_id, kind or "")
                counts[key] = (counts[key][0] + whole(events), counts[key][1] + whole(students))
        rows = (
            WeekRow(week, date.fromisoformat(f"{week}-1"), section, kind, events, students, len(sections[section]))
            for (week, section, kind), (events, students) in sorted(counts.items())
        )
        return Answer(tuple(rows), hidden_groups=len(sections) - len(visible))


def _members(asker: Asker, section_id: str) -> dict[str, frozenset[str]]:
    """Each student's sections, by pseudonym; of one section, only who is in it and only that one."""
    if section_id:
        only = frozenset({section_id})
        return {name: only for name, person in asker.people.items() if section_id in person.sections}
    return {name: person.sections for name, person in asker.people.items() if person.sections}


def _cohorts(members: Mapping[str, frozenset[str]]) -> dict[frozenset[str], int]:
    """Students with the same sections count together: each group of them has a number."""
    return {places: number for number, places in enumerate(sorted(set(members.values()), key=sorted), start=1)}


def _weeks(asker: Asker, first: date, last: date) -> dict[str, tuple[int, int]]:
    """The ISO weeks that the days lie in, each with its first instant and the one after its last."""
    monday, found = first - timedelta(days=first.weekday()), {}
    while monday <= last:
        year, week, _ = monday.isocalendar()
        found[f"{year:04d}-W{week:02d}"] = instants_of(asker, monday, monday + timedelta(days=6))
        monday += timedelta(weeks=1)
    return found
