"""One demo school with everything in it."""

from collections.abc import Iterator
from dataclasses import dataclass

from evaluations.demo.gradebook import draw_scores
from evaluations.demo.staffing import PlannedAssignment
from evaluations.domain.evaluation import Evaluation, Score
from evaluations.domain.school import Course, Enrolment, School, Section, Student, Teacher


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSchool:
    """A school, its people and its evaluations; the scores, which are many, are drawn when asked for.

    ``mistaken``: the evaluation that was set by mistake, to be cancelled.
    ``assignments``: who teaches a section beside its teacher.
    """

    seed: int
    school: School
    teachers: tuple[Teacher, ...]
    students: tuple[Student, ...]
    courses: tuple[Course, ...]
    sections: tuple[Section, ...]
    enrolments: tuple[Enrolment, ...]
    assignments: tuple[PlannedAssignment, ...]
    evaluations: tuple[Evaluation, ...]
    mistaken: str

    def scores(self) -> Iterator[Score]:
        """Yield one score per evaluation and enrolled student, evaluation by evaluation; the same on every call."""
        return draw_scores(self.seed, self.school, self.students, self.enrolments, self.evaluations)
