"""A demo school over three school years: groups that move up a level each year, and their sections."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from evaluations.demo.calendars import TermPlan, plan_terms
from evaluations.demo.catalogue import CATALOGUE, CatalogueSchool
from evaluations.demo.generator import _share_out
from evaluations.demo.randomness import stream
from evaluations.demo.roster import Roster, build_roster
from evaluations.demo.subjects import SUBJECTS, subjects_of
from evaluations.domain.school import Course, Enrolment, School, Section, Student, Teacher, Term

if TYPE_CHECKING:
    from collections.abc import Iterator

YEARS = 3
AS_OF = date(2026, 11, 27)
"""The last day of the lake: a Friday at the end of the southern school year."""
_HOLIDAY_SHARE = 0.03
_FRIDAY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolYear:
    """One year of a school: its terms up to the lake's last day, its sections, and who is in each."""

    year: int
    plans: tuple[TermPlan, ...]
    sections: tuple[Section, ...]
    members: dict[str, tuple[str, ...]]

    def class_days(self, seed: int, school_id: str, as_of: date) -> Iterator[date]:
        """The days on which this school had classes, to the lake's last."""
        rng = stream(seed, school_id, self.year, "holidays")
        for plan in self.plans:
            span = (plan.classes_end_on - plan.term.starts_on).days + 1
            for day in (plan.term.starts_on + timedelta(days=number) for number in range(span)):
                if day.isoweekday() <= _FRIDAY and rng.random() >= _HOLIDAY_SHARE and day <= as_of:
                    yield day


@dataclass(frozen=True, slots=True, kw_only=True)
class LakeSchool:
    """A school, its people, and its years, the oldest first."""

    seed: int
    school: School
    teachers: tuple[Teacher, ...]
    students: tuple[Student, ...]
    courses: tuple[Course, ...]
    years: tuple[SchoolYear, ...]

    @property
    def sections(self) -> tuple[Section, ...]:
        """The sections of all years."""
        return tuple(section for year in self.years for section in year.sections)

    def term_on(self, day: date) -> Term:
        """The term that a day lies in."""
        return next(term for term in self.school.terms if term.contains(day))

    @property
    def enrolments(self) -> tuple[Enrolment, ...]:
        """Who was in which section, of all years."""
        return tuple(
            Enrolment(section_id=section_id, student_id=student_id)
            for year in self.years
            for section_id, members in year.members.items()
            for student_id in members
        )


def lake_schools(*, seed: int, schools: int, students: int, as_of: date = AS_OF) -> tuple[LakeSchool, ...]:
    """The first schools of the demo's catalogue with so many students between them."""
    made, first_serial = [], 0
    for entry, size in zip(CATALOGUE[:schools], _share_out(seed, schools, students), strict=True):
        made.append(_school(seed, entry, size, first_serial, as_of))
        first_serial += size
    return tuple(made)


def _school(seed: int, entry: CatalogueSchool, size: int, first_serial: int, as_of: date) -> LakeSchool:
    this_year, _ = plan_terms(entry.profile.calendar, as_of)
    roster = build_roster(seed, entry, this_year, size, first_serial)
    years = tuple(_year(entry, roster, as_of, this_year, back) for back in reversed(range(YEARS)))
    school = School(
        school_id=entry.school_id,
        name=entry.name,
        country=entry.profile.country,
        time_zone=entry.time_zone,
        locale=entry.profile.locale,
        scale=entry.profile.scale,
        terms=tuple(plan.term for year in years for plan in year.plans),
        policy=entry.profile.policy,
    )
    taught = {section.course_id for year in years for section in year.sections}
    return LakeSchool(
        seed=seed,
        school=school,
        teachers=roster.teachers,
        students=roster.students,
        courses=tuple(_course(entry, course_id) for course_id in sorted(taught)),
        years=years,
    )


def _year(entry: CatalogueSchool, roster: Roster, as_of: date, this_year: int, back: int) -> SchoolYear:
    """The year so many before this one: the same groups, so many levels lower, with whom they have there."""
    _, plans = plan_terms(entry.profile.calendar, as_of.replace(year=as_of.year - back))
    if back:
        plans = tuple(replace(plan, term=replace(plan.term, closed=True)) for plan in plans)
    teacher_of = {section.course_id.partition("-")[0]: section.teacher_id for section in roster.sections}
    members: dict[str, tuple[str, ...]] = {}
    sections = []
    for (level_now, letter), students in _groups(roster).items():
        level = max(1, level_now - back)
        for subject in subjects_of(level):
            course = _course(entry, f"{subject.code}-{level:02}")
            section = Section(
                section_id=f"{this_year - back}-{course.course_id}{letter}",
                course_id=course.course_id,
                school_year=this_year - back,
                name=f"{level}º {letter.upper()} {course.name}",
                teacher_id=teacher_of.get(subject.code, roster.teachers[0].teacher_id),
            )
            sections.append(section)
            members[section.section_id] = students
    return SchoolYear(year=this_year - back, plans=plans, sections=tuple(sections), members=members)


def _groups(roster: Roster) -> dict[tuple[int, str], tuple[str, ...]]:
    """Who shares a classroom, by level and letter: those of a section of a subject that everybody has."""
    common = [section for section in roster.sections if section.course_id.startswith(f"{SUBJECTS[0].code}-")]
    return {
        (int(section.course_id.rpartition("-")[2]), section.section_id[-1]): tuple(
            one.student_id for one in roster.enrolments if one.section_id == section.section_id
        )
        for section in common
    }


def _course(entry: CatalogueSchool, course_id: str) -> Course:
    code, _, level = course_id.partition("-")
    [subject] = [subject for subject in SUBJECTS if subject.code == code]
    name = entry.profile.subjects.get(code, subject.name)
    return Course(course_id=course_id, name=name, grade_level=int(level))
