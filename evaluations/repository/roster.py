"""A school's people as readers ask for them: who teaches what to whom. ``roster_records`` writes them.

    SCHOOL#<id>#COURSE                    <course>
    SCHOOL#<id>#TEACHER                   <teacher>
    SCHOOL#<id>#SECTION                   <section>      (who else teaches it: ``section_teachers``)
    SCHOOL#<id>#STUDENT                   <student>      gsi1: SCHOOL#<id>#STUDENT_NAME / <folded name>#<student>
    SCHOOL#<id>#ENROLMENT#<section>       <student>      gsi1: SCHOOL#<id>#ATTENDS#<student> / <section>
    SCHOOL#<id>#PAST_ENROLMENT#<section>  <student>#<last day>#<import>
                                                         gsi1: SCHOOL#<id>#ATTENDED#<student> / <last day>#<section>

Who left a section stands among its past enrolments, with the days; so whoever lists a section lists who is in it now.
"""

from __future__ import annotations

import unicodedata
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from edu.dynamo import table
from edu.dynamo.keys import Key, school_partition
from edu.dynamo.mapping import from_attributes
from edu.dynamo.transactions import THERE
from edu.errors import NotFoundError
from evaluations.domain.school import Course, Enrolment, Section, Student, Teacher

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edu.dynamo.transactions import Transaction

T = TypeVar("T")
_LEAST, _LAST = "!", "~"  # an id and the first come right behind it; the second is behind every id


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


def get_sections(section_ids: Iterable[str]) -> list[Section]:
    """The sections that exist among the ids, in no particular order. Strongly consistent."""
    keys = [Key(school_partition("SECTION"), section_id) for section_id in section_ids]
    return [from_attributes(Section, item) for item in table.get_items(keys, consistent=True)]


def list_teachers() -> list[Teacher]:
    """Every teacher of the school, by id."""
    return [from_attributes(Teacher, item) for item in table.query_all(table.Query(school_partition("TEACHER")))]


def list_student_ids(*, after: str, limit: int) -> list[str]:
    """The ids of the school's students behind one, in order, so many at most. Eventually consistent."""
    query = table.Query(school_partition("STUDENT"), between=(after + _LEAST, _LAST), limit=limit)
    return [item["student_id"] for item in islice(table.query_all(query), limit)]


def list_attended(student_id: str) -> list[Enrolment]:
    """The sections a student is in. Eventually consistent."""
    query = table.Query(school_partition("ATTENDS", student_id), index=True)
    return [from_attributes(Enrolment, item) for item in table.query_all(query)]


def list_enrolments(section_id: str, *, consistent: bool = False) -> list[Enrolment]:
    """Who is in a section, by student id."""
    query = table.Query(school_partition("ENROLMENT", section_id), consistent=consistent)
    return [from_attributes(Enrolment, item) for item in table.query_all(query)]


def list_past_enrolments(section_id: str) -> list[Enrolment]:
    """Who was in a section and is no more, by student id and last day; who came back stands here too. Consistent."""
    query = table.Query(school_partition("PAST_ENROLMENT", section_id), consistent=True)
    return [from_attributes(Enrolment, item) for item in table.query_all(query)]


def list_past_of_student(student_id: str) -> list[Enrolment]:
    """The places a student had and has no more, by last day. Eventually consistent."""
    query = table.Query(school_partition("ATTENDED", student_id), index=True)
    return [from_attributes(Enrolment, item) for item in table.query_all(query)]


def require_enrolled(transaction: Transaction, section_id: str, student_id: str, *, otherwise: type[Exception]) -> None:
    """Require that the student is in the section."""
    transaction.check(Key(school_partition("ENROLMENT", section_id), student_id), THERE, otherwise=otherwise)


def folded(text: str) -> str:
    """A text as it sorts and is searched in Spanish lists: lower case, no accents, no separators."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c) and c.isprintable() and c != "#")


def _get(kind: type[T], key: Key) -> T:
    found = table.get_item(key)
    if found is None:
        raise NotFoundError
    return from_attributes(kind, found)
