"""Who is at a school and what they attend: groups, courses, sections, teachers, students, enrolments."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from string import ascii_uppercase

from evaluations.demo.catalogue import CatalogueSchool
from evaluations.demo.names import family_name, given_name
from evaluations.demo.national_ids import national_id
from evaluations.demo.randomness import opaque_id, stream, whole
from evaluations.demo.subjects import Subject, subjects_of
from evaluations.domain.school import Course, Enrolment, Section, Student, Teacher

_MAX_GROUP = 40
_LEVELS = 11
_USUAL_FIRST_LEVEL = 5
_AGE_BEFORE_FIRST_GRADE = 6
_SECTIONS_PER_TEACHER = 6


@dataclass(frozen=True, slots=True)
class Roster:
    """The people and classes of one school in one school year."""

    teachers: tuple[Teacher, ...]
    students: tuple[Student, ...]
    courses: tuple[Course, ...]
    sections: tuple[Section, ...]
    enrolments: tuple[Enrolment, ...]


@dataclass(frozen=True, slots=True)
class _NewSchool:
    """One school's year: what makes a student of it."""

    seed: int
    entry: CatalogueSchool
    school_year: int
    first_serial: int


@dataclass(frozen=True, slots=True)
class _Group:
    """The students who share a classroom: 5º A."""

    grade_level: int
    letter: str
    students: tuple[Student, ...]


def build_roster(seed: int, entry: CatalogueSchool, school_year: int, students: int, first_serial: int) -> Roster:
    """Fill a school with ``students`` in groups of 25 to 40 (fewer where there are too few to make such groups).

    ``first_serial`` numbers the students over all schools, for their national ids.
    """
    groups = _build_groups(_NewSchool(seed, entry, school_year, first_serial), students)
    courses: dict[str, Course] = {}
    sections: list[Section] = []
    enrolments: list[Enrolment] = []
    teachers = _Staff(seed, entry.school_id)
    for group in groups:
        for subject in subjects_of(group.grade_level):
            course = _course(entry, subject, group.grade_level)
            courses[course.course_id] = course
            section = _section(group, course, school_year, teachers.next_for(subject))
            sections.append(section)
            enrolments.extend(
                Enrolment(section_id=section.section_id, student_id=student.student_id) for student in group.students
            )
    everybody = tuple(student for group in groups for student in group.students)
    return Roster(teachers.hired(), everybody, tuple(courses.values()), tuple(sections), tuple(enrolments))


def _course(entry: CatalogueSchool, subject: Subject, grade_level: int) -> Course:
    name = entry.profile.subjects.get(subject.code, subject.name)
    return Course(course_id=f"{subject.code}-{grade_level:02}", name=name, grade_level=grade_level)


def _section(group: _Group, course: Course, school_year: int, teacher: Teacher) -> Section:
    return Section(
        section_id=f"{school_year}-{course.course_id}{group.letter.lower()}",
        course_id=course.course_id,
        school_year=school_year,
        name=f"{group.grade_level}º {group.letter} {course.name}",
        teacher_id=teacher.teacher_id,
    )


def _build_groups(new: _NewSchool, students: int) -> tuple[_Group, ...]:
    """Spread the students evenly over groups, the groups over grade levels from the fifth (or lower when many)."""
    count = ceil(students / _MAX_GROUP)
    per_level = max(2, ceil(count / _LEVELS))
    levels = ceil(count / per_level)
    first_level = min(_USUAL_FIRST_LEVEL, _LEVELS + 1 - levels)
    groups, done = [], 0
    for index in range(count):
        size = (students - done) // (count - index)
        level, letter = first_level + index // per_level, ascii_uppercase[index % per_level]
        members = tuple(_student(new, level, number) for number in range(done, done + size))
        groups.append(_Group(level, letter, members))
        done += size
    return tuple(groups)


def _student(new: _NewSchool, level: int, number: int) -> Student:
    parts = (new.seed, new.entry.school_id, "student", number)
    rng = stream(*parts)
    given, family = given_name(rng), family_name(rng)
    birth_on = date(new.school_year - _AGE_BEFORE_FIRST_GRADE - level, 4, 1) + timedelta(days=whole(rng, 365))
    serial = new.first_serial + number
    return Student(
        student_id=opaque_id("est", *parts),
        given_name=given,
        family_name=family,
        national_id=national_id(new.entry.profile.country, serial, family, given, birth_on),
        birth_on=birth_on,
        grade_level=level,
    )


class _Staff:
    """The teachers of a school: one subject each, another one hired when those there are have enough sections."""

    def __init__(self, seed: int, school_id: str) -> None:
        self._seed, self._school_id = seed, school_id
        self._by_subject: defaultdict[str, list[Teacher]] = defaultdict(list)
        self._sections: defaultdict[str, int] = defaultdict(int)

    def next_for(self, subject: Subject) -> Teacher:
        """Return the teacher of one more section of ``subject``."""
        teachers = self._by_subject[subject.code]
        if self._sections[subject.code] % _SECTIONS_PER_TEACHER == 0:
            teachers.append(self._hire(subject, len(teachers)))
        self._sections[subject.code] += 1
        return teachers[-1]

    def hired(self) -> tuple[Teacher, ...]:
        """Return everybody, subject by subject."""
        return tuple(teacher for teachers in self._by_subject.values() for teacher in teachers)

    def _hire(self, subject: Subject, number: int) -> Teacher:
        parts = (self._seed, self._school_id, "teacher", subject.code, number)
        rng = stream(*parts)
        return Teacher(teacher_id=opaque_id("doc", *parts), given_name=given_name(rng), family_name=family_name(rng))
