"""A school's people as rows of OneRoster 1.2, in such a form that importing them again changes nothing.

What the import reads is written as it reads it (``docs/IMPORTS.md``): ids as they are, an enrolment's last day as its
end. Everything that the standard leaves open and we do not know is empty.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from analytics.domain.exported import ABSENT, ONEROSTER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from evaluations.domain.school import Course, Enrolment, School, Section, Student, Teacher
    from evaluations.services import SectionPlaces, WholeRoster

Row = dict[str, str]
STUDENT, TEACHER = "student", "teacher"


def manifest_rows() -> Iterator[Row]:
    """The set's manifest: each file of ours is whole."""
    modes = {name.removesuffix(".csv"): "bulk" for name in ONEROSTER} | dict.fromkeys(ABSENT, "absent")
    said = {"manifest.version": "1.0", "oneroster.version": "1.2"}
    said |= {f"file.{name}": modes[name] for name in sorted(modes)}
    said |= {"source.systemName": "Libreta", "source.systemCode": "libreta"}
    for name, value in said.items():
        yield {"propertyName": name, "value": value}


def org_rows(school: School) -> Iterator[Row]:
    """The school."""
    yield {"sourcedId": school.school_id, "name": school.name, "type": "school", "identifier": school.school_id}


class Sessions:
    """The school years and terms; a year has an id of its own that no term has."""

    def __init__(self, school: School, sections: Iterable[Section]) -> None:
        self._school = school
        taken = {term.term_id for term in school.terms}
        self._prefix = "year-"
        while any(term_id.startswith(self._prefix) for term_id in taken):
            self._prefix += "x"
        self._years = sorted({term.year for term in school.terms} | {section.school_year for section in sections})

    def rows(self) -> Iterator[Row]:
        """The years, then the terms. A session's end is the day after its last one, as the standard has it."""
        for year in self._years:
            first, last = self._days_of(year)
            yield self._row(self._id_of(year), str(year), "schoolYear", (first, last), year)
        for term in self._school.terms:
            row = self._row(term.term_id, term.name, "term", (term.starts_on, term.ends_on), term.year)
            yield row | {"parentSourcedId": self._id_of(term.year)}

    def of_section(self, section: Section) -> str:
        """The terms in which a section is taught; its school year, where the school has no term of that."""
        terms = [term.term_id for term in self._school.terms_of(section.school_year)]
        return ",".join(terms) or self._id_of(section.school_year)

    def _days_of(self, year: int) -> tuple[date, date]:
        """From its first term to its last. It begins in its own calendar year: that is how it is known again."""
        terms = self._school.terms_of(year)
        first = min((term.starts_on for term in terms), default=date(year, 1, 1))
        last = max((term.ends_on for term in terms), default=date(year, 12, 31))
        return (first if first.year == year else date(year, 1, 1)), last

    def _id_of(self, year: int) -> str:
        return f"{self._prefix}{year}"

    @staticmethod
    def _row(session_id: str, title: str, kind: str, days: tuple[date, date], year: int) -> Row:
        first, last = days
        ends = {"startDate": first.isoformat(), "endDate": (last + timedelta(days=1)).isoformat()}
        return {"sourcedId": session_id, "title": title, "type": kind, "schoolYear": str(year), **ends}


def course_rows(school: School, courses: Iterable[Course]) -> Iterator[Row]:
    """The courses."""
    for course in courses:
        row = {"sourcedId": course.course_id, "title": course.name, "orgSourcedId": school.school_id}
        yield row | {"grades": _text(course.grade_level)}


def class_rows(school: School, sections: Iterable[Section], sessions: Sessions) -> Iterator[Row]:
    """The sections, each a class."""
    for section in sections:
        yield {
            "sourcedId": section.section_id,
            "title": section.name,
            "courseSourcedId": section.course_id,
            "classType": "scheduled",
            "schoolSourcedId": school.school_id,
            "termSourcedIds": sessions.of_section(section),
        }


def user_rows(roster: WholeRoster) -> Iterator[Row]:
    """Students and teachers by id, each once; who is both goes by the name that the student has."""
    students = {student.student_id: _student_row(student) for student in roster.students}
    teachers = {teacher.teacher_id: _person_row(teacher.teacher_id, teacher) for teacher in roster.teachers}
    people: Mapping[str, Row] = teachers | students
    for user_id in sorted(people):
        yield people[user_id] | {"primaryOrgSourcedId": roster.school.school_id}


def role_rows(roster: WholeRoster) -> Iterator[Row]:
    """What each user is in the school; somebody's second role is secondary."""
    roles: dict[str, list[str]] = {student.student_id: [STUDENT] for student in roster.students}
    for teacher in roster.teachers:
        roles.setdefault(teacher.teacher_id, []).append(TEACHER)
    for user_id in sorted(roles):
        for number, role in enumerate(roles[user_id]):
            yield {
                "sourcedId": f"{user_id}.{role}",
                "userSourcedId": user_id,
                "roleType": "secondary" if number else "primary",
                "role": role,
                "orgSourcedId": roster.school.school_id,
            }


def demographic_rows(students: Iterable[Student]) -> Iterator[Row]:
    """The birthdays that are known."""
    for student in students:
        if student.birth_on:
            yield {"sourcedId": student.student_id, "birthDate": student.birth_on.isoformat()}


def enrolment_rows(school: School, section: Section, places: SectionPlaces) -> Iterator[Row]:
    """The section's teacher, who shares it or stood in, and who is in it and was.

    A place of the past that has a day in common with another of the same student is left to the Parquet file: the
    standard's readers, ours among them, take two such rows for one that was written twice.
    """
    base = {"classSourcedId": section.section_id, "schoolSourcedId": school.school_id}
    teacher = {"sourcedId": f"{section.section_id}.{TEACHER}", "userSourcedId": section.teacher_id}
    yield base | teacher | {"role": TEACHER, "primary": "true"}
    for number, other in enumerate(section.assignments, start=1):
        last = other.ended_at.date() if other.ended_at else other.ends_on
        if last and other.starts_on and last < other.starts_on:
            continue  # ended before it began
        days = {"beginDate": _text(other.starts_on), "endDate": _text(last)}
        source_id = f"{section.section_id}.{TEACHER}.{number}"
        shared = {"sourcedId": source_id, "userSourcedId": other.teacher_id, "role": TEACHER, "primary": "false"}
        yield base | shared | days
    kept: dict[str, list[Enrolment]] = {}
    for enrolment in (*places.standing, *places.past):
        others = kept.setdefault(enrolment.student_id, [])
        if not any(_overlap(enrolment, other) for other in others):
            others.append(enrolment)
    for student_id in sorted(kept):
        for number, enrolment in enumerate(kept[student_id], start=1):
            source_id = f"{section.section_id}.{student_id}" + (f".{number}" if number > 1 else "")
            days = {"beginDate": _text(enrolment.starts_on), "endDate": _text(enrolment.ends_on)}
            yield base | {"sourcedId": source_id, "userSourcedId": student_id, "role": STUDENT, **days}


def _student_row(student: Student) -> Row:
    national = f"{{NationalId:{student.national_id}}}" if student.national_id else ""
    return _person_row(student.student_id, student) | {"userIds": national, "grades": _text(student.grade_level)}


def _person_row(user_id: str, person: Student | Teacher) -> Row:
    names = {"givenName": person.given_name, "familyName": person.family_name}
    return {"sourcedId": user_id, "enabledUser": "true", "username": user_id, **names}


def _overlap(one: Enrolment, other: Enrolment) -> bool:
    ends_before = one.ends_on and other.starts_on and one.ends_on < other.starts_on
    starts_after = one.starts_on and other.ends_on and other.ends_on < one.starts_on
    return not (ends_before or starts_after)


def _text(value: Any) -> str:  # noqa: ANN401 - a number, a day or nothing
    return "" if value is None else str(value)
