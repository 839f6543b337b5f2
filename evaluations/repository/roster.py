"""A school's people: who teaches what to whom.

SCHOOL#<id>#COURSE              <course>
SCHOOL#<id>#TEACHER             <teacher>
SCHOOL#<id>#SECTION             <section>       gsi1: SCHOOL#<id>#TAUGHT#<teacher> / <section>
SCHOOL#<id>#STUDENT             <student>       gsi1: SCHOOL#<id>#STUDENT_NAME / <folded name>#<student>
SCHOOL#<id>#ENROLMENT#<section> <student>       gsi1: SCHOOL#<id>#ATTENDS#<student> / <section>
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, TypeVar

from edu.dynamo import table
from edu.dynamo.keys import Key, joined, school_partition
from edu.dynamo.mapping import from_attributes, to_attributes
from edu.dynamo.transactions import THERE
from edu.errors import NotFoundError
from evaluations.domain.school import Course, Enrolment, Section, Student, Teacher

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edu.dynamo.mapping import Attributes
    from edu.dynamo.transactions import Transaction

T = TypeVar("T")


def get_section(section_id: str) -> Section:
    """A section of the school in scope. Strongly consistent.

    Raises:
        NotFoundError: there is none of this id.
    """
    return _get(Section, Key(school_partition("SECTION"), section_id))


def get_student(student_id: str) -> Student:
    """A student of the school in scope. Strongly consistent.

    Raises:
        NotFoundError: there is none of this id.
    """
    return _get(Student, Key(school_partition("STUDENT"), student_id))


def list_courses() -> list[Course]:
    """Every course of the school, by id."""
    return [from_attributes(Course, item) for item in table.query_all(table.Query(school_partition("COURSE")))]


def list_sections(*, consistent: bool = False) -> list[Section]:
    """Every section of the school, by id. Strongly consistent when told so."""
    query = table.Query(school_partition("SECTION"), consistent=consistent)
    return [from_attributes(Section, item) for item in table.query_all(query)]


def get_students(student_ids: Iterable[str]) -> list[Student]:
    """The students that exist among the ids, in no particular order. Eventually consistent."""
    keys = [Key(school_partition("STUDENT"), student_id) for student_id in student_ids]
    return [from_attributes(Student, item) for item in table.get_items(keys)]


def get_teachers(teacher_ids: Iterable[str]) -> list[Teacher]:
    """The teachers that exist among the ids, in no particular order. Eventually consistent."""
    keys = [Key(school_partition("TEACHER"), teacher_id) for teacher_id in teacher_ids]
    return [from_attributes(Teacher, item) for item in table.get_items(keys)]


def list_taught(teacher_id: str) -> list[Section]:
    """A teacher's sections. Eventually consistent."""
    query = table.Query(school_partition("TAUGHT", teacher_id), index=True)
    return [from_attributes(Section, item) for item in table.query_all(query)]


def list_attended(student_id: str) -> list[Enrolment]:
    """The sections a student is in. Eventually consistent."""
    query = table.Query(school_partition("ATTENDS", student_id), index=True)
    return [from_attributes(Enrolment, item) for item in table.query_all(query)]


def list_enrolments(section_id: str, *, consistent: bool = False) -> list[Enrolment]:
    """Who is in a section, by student id."""
    query = table.Query(school_partition("ENROLMENT", section_id), consistent=consistent)
    return [from_attributes(Enrolment, item) for item in table.query_all(query)]


def require_enrolled(transaction: Transaction, section_id: str, student_id: str, *, otherwise: type[Exception]) -> None:
    """Require that the student is in the section."""
    transaction.check(_enrolment_key(section_id, student_id), THERE, otherwise=otherwise)


def _enrolment_key(section_id: str, student_id: str) -> Key:
    return Key(school_partition("ENROLMENT", section_id), student_id)


def put_roster(
    *,
    courses: Iterable[Course],
    teachers: Iterable[Teacher],
    sections: Iterable[Section],
    students: Iterable[Student],
    enrolments: Iterable[Enrolment],
    ended: Iterable[Enrolment] = (),
) -> None:
    """Write a school's people, replacing items of the same ids, and take away the enrolments that have ``ended``.

    Idempotent; safe to repeat after a failure.

    Raises:
        StoreUnavailableError: the table is throttled; what was written before stays.
    """
    items: list[Attributes] = [_item(Key(school_partition("COURSE"), c.course_id), "course", c) for c in courses]
    items += [_item(Key(school_partition("TEACHER"), t.teacher_id), "teacher", t) for t in teachers]
    items += [_section_item(section) for section in sections]
    items += [_student_item(student) for student in students]
    items += [_enrolment_item(enrolment) for enrolment in enrolments]
    left = [_enrolment_key(enrolment.section_id, enrolment.student_id) for enrolment in ended]
    table.write_batch(table.BatchWrite(puts=items, deletes=left))


def folded(text: str) -> str:
    """A text as it sorts and is searched in Spanish lists: lower case, no accents, no separators."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c) and c.isprintable() and c != "#")


def _section_item(section: Section) -> Attributes:
    index = {"gsi1pk": school_partition("TAUGHT", section.teacher_id), "gsi1sk": section.section_id}
    return _item(Key(school_partition("SECTION"), section.section_id), "section", section) | index


def _student_item(student: Student) -> Attributes:
    name = folded(f"{student.family_name} {student.given_name}")
    index = {"gsi1pk": school_partition("STUDENT_NAME"), "gsi1sk": joined(name, student.student_id)}
    return _item(Key(school_partition("STUDENT"), student.student_id), "student", student) | index


def _enrolment_item(enrolment: Enrolment) -> Attributes:
    index = {"gsi1pk": school_partition("ATTENDS", enrolment.student_id), "gsi1sk": enrolment.section_id}
    return _item(_enrolment_key(enrolment.section_id, enrolment.student_id), "enrolment", enrolment) | index


def _item(key: Key, entity: str, record: object) -> Attributes:
    return {**key.as_attributes(), "entity": entity, **to_attributes(record)}


def _get(kind: type[T], key: Key) -> T:
    found = table.get_item(key)
    if found is None:
        raise NotFoundError
    return from_attributes(kind, found)
