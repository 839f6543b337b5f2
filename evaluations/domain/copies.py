"""A school's records as somebody's copy holds them: by kind and ids."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from evaluations.domain.evaluation import Evaluation, Score
from evaluations.domain.school import Course, Enrolment, School, Section, Student, Teacher

CopiedRecord = School | Course | Teacher | Section | Student | Enrolment | Evaluation | Score


class CopiedKind(StrEnum):
    """What kind of record it is. The school's terms are part of its own record."""

    SCHOOL = "school"
    COURSE = "course"
    TEACHER = "teacher"
    SECTION = "section"
    STUDENT = "student"
    ENROLMENT = "enrolment"
    EVALUATION = "evaluation"
    SCORE = "score"


EVERY_KIND = frozenset(CopiedKind)
IDS: Mapping[CopiedKind, tuple[str, ...]] = MappingProxyType(
    {
        CopiedKind.SCHOOL: ("school_id",),
        CopiedKind.COURSE: ("course_id",),
        CopiedKind.TEACHER: ("teacher_id",),
        CopiedKind.SECTION: ("section_id",),
        CopiedKind.STUDENT: ("student_id",),
        CopiedKind.ENROLMENT: ("section_id", "student_id"),
        CopiedKind.EVALUATION: ("evaluation_id",),
        CopiedKind.SCORE: ("evaluation_id", "student_id"),
    }
)


@dataclass(frozen=True, slots=True)
class CopiedName:
    """Which record is meant: ``ids`` are those that ``IDS`` names, in that order."""

    kind: CopiedKind
    ids: tuple[str, ...]

    def __str__(self) -> str:
        """Return the name as one text, by which names are put in an order."""
        return f"{self.kind}:{'/'.join(self.ids)}"

    def by_name(self) -> dict[str, str]:
        """The ids under their names."""
        return dict(zip(IDS[self.kind], self.ids, strict=True))


@dataclass(frozen=True, slots=True)
class ChangedRecord:
    """A record that was changed at an instant, as it stands now; ``record`` is ``None`` where it is no more."""

    name: CopiedName
    changed_at: datetime
    record: CopiedRecord | None
