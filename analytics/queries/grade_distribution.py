"""How often each grade was given, by section, in a term."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar, Final

from analytics.domain import small_groups
from analytics.domain.datasets import Dataset
from analytics.domain.small_groups import Group
from analytics.queries import graded
from analytics.queries.questions import Answer, Asker, Lake, grade_months, term_of, whole
from analytics.queries.sql import Sql, compose
from evaluations.domain.points import best_points, points_of, worst_points

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analytics.domain.datasets import Month
    from analytics.queries.questions import Cells
    from evaluations.domain.scales import GradingScale

_SQL: Final = """\
WITH {}
SELECT section_id, course_id, coalesce(value, ''), count(*), count(DISTINCT student_pseudonym)
FROM counting WHERE state = 'recorded' AND value_points IS NOT NULL
GROUP BY GROUPING SETS ((section_id, course_id, value), (section_id, course_id))
ORDER BY 1, 2, 3"""


@dataclass(frozen=True, slots=True)
class GradeRow:
    """A grade in a section: how many scores have it, and what share of the section's they are.

    ``passing``: whether a grade like it passes. ``section_mean`` is of all the section's scores, from 0 (the worst
    grade) to 1 (the best).
    """

    section_id: str
    course_id: str
    value: str
    scores: int
    share: float
    passing: bool
    section_students: int
    section_mean: float


@dataclass(frozen=True, slots=True)
class GradeDistribution:
    """Scores that count and have a value, neither of extra credit nor of formative work, late ones as written."""

    NAME: ClassVar[str] = "grade-distribution"
    NEEDS_PEOPLE: ClassVar[bool] = False
    Row: ClassVar[type[GradeRow]] = GradeRow

    term_id: str
    section_id: str = ""

    def months(self, asker: Asker) -> Mapping[Dataset, tuple[Month, ...]]:
        """See ``Question``."""
        return {Dataset.GRADES: grade_months(asker, [term_of(asker, self.term_id)])}

    def statement(self, asker: Asker, lake: Lake) -> Sql:
        """See ``Question``."""
        terms = [term_of(asker, self.term_id)]
        return compose(_SQL, graded.scores_of(lake.grades, asker.school, terms, section_id=self.section_id))

    def answer(self, asker: Asker, cells: Sequence[Cells]) -> Answer:
        """See ``Question``. Of all sections, small ones are left out; a section asked for by its id is shown."""
        scale = asker.school.scale_in(self.term_id)
        sections: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        students: dict[tuple[str, str], int] = {}
        for section_id, course_id, value, scores, people in cells:
            place = (course_id or "", section_id or "")
            if value:
                sections[place][value] = whole(scores)
            else:
                students[place] = whole(people)
        visible = frozenset(students)
        if not self.section_id:
            visible = small_groups.shown(Group(section, course, count) for (course, section), count in students.items())
        rows = [
            row
            for place in sorted(visible, key=lambda one: one[1])
            for row in _rows(scale, place, sections[place], students[place])
        ]
        return Answer(tuple(rows), hidden_groups=len(students) - len(visible))


def _rows(scale: GradingScale, place: tuple[str, str], values: Mapping[str, int], students: int) -> list[GradeRow]:
    known = sorted((points, value) for value in values if (points := points_of(scale, value)) is not None)
    total = sum(values[value] for _, value in known)
    passes_from = points_of(scale, scale.passing) or Fraction(0)
    mean = sum((points * values[value] for points, value in known), Fraction(0)) / total if total else Fraction(0)
    worst = worst_points(scale)
    height = float((mean - worst) / (best_points(scale) - worst))
    return [
        GradeRow(
            section_id=place[1],
            course_id=place[0],
            value=value,
            scores=values[value],
            share=round(values[value] / total, 6),
            passing=points >= passes_from,
            section_students=students,
            section_mean=round(height, 6),
        )
        for points, value in known
    ]
