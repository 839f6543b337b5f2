"""Which students are at risk in a term, by ``analytics.domain.at_risk``'s rule."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final

from analytics.domain.at_risk import RECENT, AtRiskRule
from analytics.domain.datasets import Dataset
from analytics.queries import graded
from analytics.queries.attendance import missed
from analytics.queries.grading_rules import TOLERANCE
from analytics.queries.questions import Answer, Asker, Lake, grade_months, months_of, real, term_of, whole
from analytics.queries.sql import Sql, bind, compose

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analytics.domain.datasets import Month
    from analytics.queries.questions import Cells, Person

_SQL: Final = """\
WITH {}, {}, students AS (
 SELECT student_pseudonym, count(*) AS courses, sum(1 - passing) AS failing, avg(height) AS mean,
  CAST(sum(missing) AS double) / sum(results) AS missing_share,
  CASE WHEN sum(recent_results) >= 2 AND sum(results) - sum(recent_results) >= 2
   THEN (sum(all_height) - coalesce(sum(recent_height), CAST(0 AS double))) / (sum(results) - sum(recent_results))
    - sum(recent_height) / sum(recent_results) END AS falling_by
 FROM graded GROUP BY student_pseudonym
), signs AS (
 SELECT student_pseudonym, courses, failing, mean, missing_share, coalesce(absences, 0) AS absences, falling_by
 FROM students LEFT JOIN missed ON missed_pseudonym = student_pseudonym
)
SELECT student_pseudonym, courses, failing, mean, missing_share, absences, falling_by FROM signs
WHERE CASE WHEN failing >= {} THEN 1 ELSE 0 END + CASE WHEN missing_share >= {} THEN 1 ELSE 0 END
 + CASE WHEN absences >= {} THEN 1 ELSE 0 END + CASE WHEN falling_by >= {} THEN 1 ELSE 0 END >= {}
ORDER BY 1"""


@dataclass(frozen=True, slots=True)
class RiskRow:
    """A student who is in a section now, and what they were named for.

    ``courses``: sections with a grade, of which ``failing`` do not pass. ``mean`` from 0 to 1; ``falling_by`` on the
    same scale, ``None`` where there is too little to tell.
    """

    student_pseudonym: str
    student_id: str
    courses: int
    failing: int
    mean: float
    missing_share: float
    absences: int
    falling_by: float | None
    signals: str


@dataclass(frozen=True, slots=True)
class AtRisk:
    """Students with a grade in the term, of a section or of all. This names students: it is for who may know them."""

    NAME: ClassVar[str] = "at-risk"
    NEEDS_PEOPLE: ClassVar[bool] = True
    Row: ClassVar[type[RiskRow]] = RiskRow

    term_id: str
    section_id: str = ""
    rule: AtRiskRule = field(default_factory=AtRiskRule)

    def months(self, asker: Asker) -> Mapping[Dataset, tuple[Month, ...]]:
        """See ``Question``."""
        term = term_of(asker, self.term_id)
        events = months_of(asker, term.starts_on, min(term.ends_on, max(asker.today, term.starts_on)))
        return {Dataset.GRADES: grade_months(asker, [term]), Dataset.EVENTS: events}

    def statement(self, asker: Asker, lake: Lake) -> Sql:
        """See ``Question``. A term that is over is judged as at its end."""
        term = term_of(asker, self.term_id)
        recent_from = min(asker.today, term.ends_on) - RECENT
        grades = graded.grades_of(
            lake.grades, asker.school, [term], section_id=self.section_id, recent_from=recent_from
        )
        rule = self.rule
        bounds = (rule.failing_courses, rule.missing_share, rule.absences, rule.falling_by - TOLERANCE, rule.needed)
        return compose(_SQL, grades, missed(asker, lake, self.term_id), *map(bind, bounds))

    def answer(self, asker: Asker, cells: Sequence[Cells]) -> Answer:
        """See ``Question``. Who shows most signals comes first, and of those who has the lowest grades.

        Who is none of the asker's people is left out: one who left needs no look, and one who was erased would be
        known by a pseudonym that stands beside their id in an answer of before.
        """
        found = ((asker.people.get(line[0] or ""), line) for line in cells)
        rows = (_row(person, self.rule, line) for person, line in found if person)
        return Answer(tuple(sorted(rows, key=lambda row: (-len(row.signals.split()), row.mean, row.student_pseudonym))))


def _row(person: Person, rule: AtRiskRule, line: Cells) -> RiskRow:
    pseudonym, courses, failing, mean, missing_share, absences, falling_by = line
    signals = {
        "failing": whole(failing) >= rule.failing_courses,
        "missing": float(missing_share or 0) >= rule.missing_share,
        "absences": whole(absences) >= rule.absences,
        "falling": falling_by is not None and float(falling_by) >= rule.falling_by,
    }
    return RiskRow(
        student_pseudonym=pseudonym or "",
        student_id=person.student_id,
        courses=whole(courses),
        failing=whole(failing),
        mean=real(mean) or 0.0,
        missing_share=real(missing_share) or 0.0,
        absences=whole(absences),
        falling_by=real(falling_by),
        signals=" ".join(name for name, shows in signals.items() if shows),
    )
