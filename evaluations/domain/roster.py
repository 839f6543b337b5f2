"""A school's roster as something to be loaded: its records by kind and id, and what a set of files says of them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from evaluations.domain.school import Course, Enrolment, Section, Student, Teacher

Record = Course | Teacher | Section | Student | Enrolment


class Entity(StrEnum):
    """A kind of record, in the order in which they are written: who names another comes after it."""

    COURSE = "course"
    TEACHER = "teacher"
    SECTION = "section"
    STUDENT = "student"
    ENROLMENT = "enrolment"


KINDS: Mapping[Entity, type[Any]] = {
    Entity.COURSE: Course,
    Entity.TEACHER: Teacher,
    Entity.SECTION: Section,
    Entity.STUDENT: Student,
    Entity.ENROLMENT: Enrolment,
}
EVERYTHING = frozenset(Entity)


@dataclass(frozen=True, slots=True)
class RecordName:
    """Which record is meant: ``ids`` is one id, and for an enrolment the section's and the student's."""

    entity: Entity
    ids: tuple[str, ...]

    def __str__(self) -> str:
        """Return the name as people and logs get it: ids alone."""
        return f"{self.entity}:{'/'.join(self.ids)}"


@dataclass(frozen=True, slots=True)
class Standing:
    """A record that the school has, and the import that wrote it so (``""``: one from before there were imports)."""

    record: Record
    import_id: str


Roster = Mapping[RecordName, Standing]


@dataclass(frozen=True, kw_only=True)
class RosterContent:
    """What files say of a school's people.

    ``complete``: the kinds of which they name everybody, so that who is not named is missing. ``left``: enrolments
    that are said to be over (with the day, where they say it); ``gone_students`` and ``gone_sections`` are said to be
    deleted, which ends their enrolments and takes nothing else away.
    """

    courses: tuple[Course, ...] = ()
    teachers: tuple[Teacher, ...] = ()
    sections: tuple[Section, ...] = ()
    students: tuple[Student, ...] = ()
    enrolments: tuple[Enrolment, ...] = ()
    left: tuple[Enrolment, ...] = ()
    gone_students: frozenset[str] = frozenset()
    gone_sections: frozenset[str] = frozenset()
    complete: frozenset[Entity] = EVERYTHING

    def without(self, student_ids: Collection[str]) -> "RosterContent":
        """The same without what it says of these students."""
        return replace(
            self,
            students=tuple(one for one in self.students if one.student_id not in student_ids),
            enrolments=tuple(one for one in self.enrolments if one.student_id not in student_ids),
            left=tuple(one for one in self.left if one.student_id not in student_ids),
        )

    def records(self) -> dict[Entity, Iterable[Record]]:
        """What is said to stand, by kind."""
        return {
            Entity.COURSE: self.courses,
            Entity.TEACHER: self.teachers,
            Entity.SECTION: self.sections,
            Entity.STUDENT: self.students,
            Entity.ENROLMENT: self.enrolments,
        }


def name_of(record: Record) -> RecordName:
    """The name of a record."""
    match record:
        case Course():
            return RecordName(Entity.COURSE, (record.course_id,))
        case Teacher():
            return RecordName(Entity.TEACHER, (record.teacher_id,))
        case Section():
            return RecordName(Entity.SECTION, (record.section_id,))
        case Student():
            return RecordName(Entity.STUDENT, (record.student_id,))
        case Enrolment():
            return RecordName(Entity.ENROLMENT, (record.section_id, record.student_id))
