"""How many students pass, by section or by course, in a term."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from analytics.domain import small_groups
from analytics.domain.datasets import Dataset
from analytics.domain.small_groups import Group
from analytics.errors import InvalidQuestionError
from analytics.queries import graded
from analytics.queries.questions import Answer, Asker, Lake, grade_months, real, term_of, whole
from analytics.queries.sql import Sql, compose

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analytics.domain.datasets import Month
    from analytics.queries.questions import Cells

BY: Final = ("section", "course")
_SQL: Final = """\
WITH {}
SELECT course_id, section_id, count(*), sum(passing), sum(height) FROM graded GROUP BY course_id, section_id
ORDER BY 1, 2"""


@dataclass(frozen=True, slots=True)
class PassRow:
    """A section or (``section_id`` empty) a course: students with a grade, those whose grade passes by now.

    ``mean`` is of their grades, from 0 (the worst) to 1 (the best).
    """

    course_id: str
    section_id: str
    students: int
    passing: int
    pass_rate: float
    mean: float


@dataclass(frozen=True, slots=True)
class PassRates:
    """Grades as the grade book would consolidate them now, whether or not more is to come in the term."""

    NAME: ClassVar[str] = "pass-rates"
    NEEDS_PEOPLE: ClassVar[bool] = False
    Row: ClassVar[type[PassRow]] = PassRow

    term_id: str
    by: str = "section"

    def months(self, asker: Asker) -> Mapping[Dataset, tuple[Month, ...]]:
        """See ``Question``."""
        if self.by not in BY:
            raise InvalidQuestionError("by")
        return {Dataset.GRADES: grade_months(asker, [term_of(asker, self.term_id)])}

    def statement(self, asker: Asker, lake: Lake) -> Sql:
        """See ``Question``. By course or by section it is the same query, so the second is answered by the first."""
        return compose(_SQL, graded.grades_of(lake.grades, asker.school, [term_of(asker, self.term_id)]))

    def answer(self, asker: Asker, cells: Sequence[Cells]) -> Answer:
        """See ``Question``. Small groups are left out."""
        del asker
        found = [
            (course or "", section or "", whole(students), whole(passing), real(height) or 0.0)
            for course, section, students, passing, height in cells
        ]
        if self.by == "section":
            visible = small_groups.shown(Group(section, course, people) for course, section, people, _, _ in found)
            rows = [_row(*one) for one in found if (one[0], one[1]) in visible]
            return Answer(tuple(rows), hidden_groups=len(found) - len(rows))
        courses: dict[str, tuple[int, int, float]] = {}
        for course, _, people, passing, height in found:
            known = courses.get(course, (0, 0, 0.0))
            courses[course] = (known[0] + people, known[1] + passing, known[2] + height)
        kept = small_groups.kept({course: counts[0] for course, counts in courses.items()})
        return Answer(
            tuple(_row(course, "", *courses[course]) for course in sorted(kept)),
            hidden_groups=len(courses) - len(kept),
        )


def _row(course_id: str, section_id: str, students: int, passing: int, height: float) -> PassRow:
    rate, mean = round(passing / students, 6), round(height / students, 6)
    return PassRow(course_id, section_id, students, passing, rate, mean)
