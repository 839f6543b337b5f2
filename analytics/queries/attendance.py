"""Absences of a term against its grades: students by how often they were absent or late, and what they come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from analytics.domain import small_groups
from analytics.domain.datasets import Dataset
from analytics.queries import graded, sources
from analytics.queries.questions import Answer, Asker, Lake, grade_months, instants_of, months_of, real, term_of, whole
from analytics.queries.sql import Sql, bind, compose

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analytics.domain.datasets import Month
    from analytics.queries.questions import Cells

KINDS: Final = ("absent", "late")
BANDS: Final = ("0", "1-2", "3-5", "6-10", "11+")
ALL: Final = "all"
MISSED: Final = """\
missed AS (
 SELECT student_pseudonym AS missed_pseudonym, count(*) AS absences FROM {} AS e
 WHERE kind IN ({}) AND occurred_at_epoch_s >= {} AND occurred_at_epoch_s < {} GROUP BY student_pseudonym
)"""
_SQL: Final = """\
WITH {}, {}, students AS (
 SELECT student_pseudonym, avg(height) AS height, avg(CAST(passing AS double)) AS passing
 FROM graded GROUP BY student_pseudonym
), banded AS (
 SELECT height, passing, coalesce(absences, 0) AS absences,
  CASE WHEN coalesce(absences, 0) = 0 THEN 0 WHEN absences <= 2 THEN 1 WHEN absences <= 5 THEN 2
   WHEN absences <= 10 THEN 3 ELSE 4 END AS band
 FROM students LEFT JOIN missed ON missed_pseudonym = student_pseudonym
)
SELECT coalesce(band, -1), count(*), avg(height), avg(passing), sum(absences),
 CASE WHEN stddev_pop(height) > 0 AND stddev_pop(absences) > 0 THEN corr(height, CAST(absences AS double)) END
FROM banded GROUP BY GROUPING SETS ((band), ()) ORDER BY 1"""


@dataclass(frozen=True, slots=True)
class BandRow:
    """Students with so many absences and late arrivals in the term (``all``: all of them), who have a grade.

    ``mean`` of their courses' grades, from 0 to 1; ``passing`` is the share of those grades that pass. ``correlation``
    (Pearson's, of ``all`` alone) is of absences and mean over so many students; it says nothing of causes.
    """

    absences: str
    students: int
    mean: float
    passing: float
    events: int
    correlation: float | None


@dataclass(frozen=True, slots=True)
class AttendanceAgainstGrades:
    """Events of the kinds ``absent`` and ``late`` in the term's days, however they were excused."""

    NAME: ClassVar[str] = "attendance-against-grades"
    NEEDS_PEOPLE: ClassVar[bool] = False
    Row: ClassVar[type[BandRow]] = BandRow

    term_id: str

    def months(self, asker: Asker) -> Mapping[Dataset, tuple[Month, ...]]:
        """See ``Question``."""
        term = term_of(asker, self.term_id)
        events = months_of(asker, term.starts_on, min(term.ends_on, max(asker.today, term.starts_on)))
        return {Dataset.GRADES: grade_months(asker, [term]), Dataset.EVENTS: events}

    def statement(self, asker: Asker, lake: Lake) -> Sql:
        """See ``Question``."""
        grades = graded.grades_of(lake.grades, asker.school, [term_of(asker, self.term_id)])
        return compose(_SQL, grades, missed(asker, lake, self.term_id))

    def answer(self, asker: Asker, cells: Sequence[Cells]) -> Answer:
        """See ``Question``. Small bands are left out; without enough students there is nothing."""
        del asker
        rows = [_row(line) for line in cells if whole(line[1])]
        people = {row.absences: row.students for row in rows if row.absences != ALL}
        kept = small_groups.kept(people)
        if sum(people.values()) >= small_groups.MINIMUM:
            kept |= {ALL}
        return Answer(tuple(row for row in rows if row.absences in kept), hidden_groups=len(people) - len(kept - {ALL}))


def missed(asker: Asker, lake: Lake, term_id: str) -> Sql:
    """``missed``: for each student with any, how many absences and late arrivals in the term."""
    term = term_of(asker, term_id)
    begun, over = instants_of(asker, term.starts_on, term.ends_on)
    return compose(MISSED, sources.events_of(lake.events), bind(*KINDS), bind(begun), bind(over))


def _row(line: Cells) -> BandRow:
    band, students, mean, passing, events, correlation = line
    number = whole(band)
    is_all = number < 0
    return BandRow(
        absences=ALL if is_all else BANDS[number],
        students=whole(students),
        mean=real(mean) or 0.0,
        passing=real(passing) or 0.0,
        events=whole(events),
        correlation=real(correlation) if is_all else None,
    )
