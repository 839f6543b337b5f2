"""People as rows of OneRoster 1.2."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from analytics.domain.exported import ONEROSTER
from analytics.exports import rosters
from evaluations.domain.scales import STANDARD_SCALES
from evaluations.domain.school import Course, Enrolment, School, Section, Student, Teacher, Term
from evaluations.domain.teaching import Capacity, TeachingAssignment
from evaluations.services import SectionPlaces, WholeRoster

TERM = Term(
    term_id="2026-s1",
    name="Primer semestre",
    starts_on=date(2026, 3, 2),
    ends_on=date(2026, 7, 10),
    closed=False,
    school_year=2026,
)
SCHOOL = School(
    school_id="sur",
    name="Sur",
    country="CL",
    time_zone="America/Santiago",
    locale="es-CL",
    scale=STANDARD_SCALES["1-7"],
    terms=(TERM,),
)
SECTION = Section(section_id="mat-5a", course_id="mat-5", school_year=2026, name="5º A", teacher_id="t-1")


def place(student: str, starts_on: date | None = None, ends_on: date | None = None) -> Enrolment:
    return Enrolment(section_id="mat-5a", student_id=student, starts_on=starts_on, ends_on=ends_on)


def rows_of_students(places: SectionPlaces) -> list[tuple[str, str, str]]:
    _teacher, *rows = rosters.enrolment_rows(SCHOOL, SECTION, places)
    return [(row["sourcedId"], row["beginDate"], row["endDate"]) for row in rows]


def test_manifest_names_every_file_of_the_standard_once() -> None:
    said = {row["propertyName"]: row["value"] for row in rosters.manifest_rows()}
    assert said["oneroster.version"] == "1.2"
    modes = {name.removeprefix("file."): mode for name, mode in said.items() if name.startswith("file.")}
    assert len(modes) == 21
    assert {f"{name}.csv" for name, mode in modes.items() if mode == "bulk"} == set(ONEROSTER)


def test_years_come_before_their_terms_and_end_the_day_after() -> None:
    year, term = rosters.Sessions(SCHOOL, [SECTION]).rows()
    assert (year["sourcedId"], year["type"], year["startDate"], year["endDate"]) == (
        "year-2026",
        "schoolYear",
        "2026-03-02",
        "2026-07-11",
    )
    assert (term["parentSourcedId"], term["type"], term["endDate"]) == ("year-2026", "term", "2026-07-11")


def test_section_of_a_year_without_terms_is_taught_in_the_year() -> None:
    old = Section(section_id="mat-4a", course_id="mat-4", school_year=2019, name="4º A", teacher_id="t-1")
    sessions = rosters.Sessions(SCHOOL, [SECTION, old])
    assert (sessions.of_section(SECTION), sessions.of_section(old)) == ("2026-s1", "year-2019")
    first, *_rest = sessions.rows()
    assert (first["startDate"], first["endDate"]) == ("2019-01-01", "2020-01-01")


def test_year_that_begins_in_the_year_before_says_its_own_calendar_year() -> None:
    early = Term(
        term_id="v",
        name="Verano",
        starts_on=date(2025, 12, 1),
        ends_on=date(2026, 2, 1),
        closed=False,
        school_year=2026,
    )
    school = School(
        school_id="sur",
        name="Sur",
        country="CL",
        time_zone="America/Santiago",
        locale="es-CL",
        scale=STANDARD_SCALES["1-7"],
        terms=(early,),
    )
    year, _term = rosters.Sessions(school, []).rows()
    assert year["startDate"] == "2026-01-01"


def test_term_that_is_called_as_a_year_takes_no_years_name() -> None:
    odd = Term(term_id="year-2026", name="T", starts_on=date(2026, 3, 2), ends_on=date(2026, 7, 1), closed=False)
    school = School(
        school_id="sur",
        name="Sur",
        country="CL",
        time_zone="America/Santiago",
        locale="es-CL",
        scale=STANDARD_SCALES["1-7"],
        terms=(odd,),
    )
    assert len({row["sourcedId"] for row in rosters.Sessions(school, []).rows()}) == 2


def test_who_is_student_and_teacher_is_one_user_with_two_roles() -> None:
    whole = WholeRoster(
        school=SCHOOL,
        courses=(Course(course_id="mat-5", name="Matemática"),),
        teachers=(Teacher(teacher_id="p-1", given_name="Ana", family_name="Pérez"),),
        sections=(SECTION,),
        students=(Student(student_id="p-1", given_name="Ana", family_name="Pérez", national_id="1-9XYZ"),),
    )
    [user] = rosters.user_rows(whole)
    assert (user["sourcedId"], user["userIds"], user["grades"]) == ("p-1", "{NationalId:1-9XYZ}", "")
    assert [(row["role"], row["roleType"]) for row in rosters.role_rows(whole)] == [
        ("student", "primary"),
        ("teacher", "secondary"),
    ]


def test_teacher_of_a_section_is_its_primary_one() -> None:
    [teacher] = rosters.enrolment_rows(SCHOOL, SECTION, SectionPlaces((), ()))
    assert (teacher["userSourcedId"], teacher["role"], teacher["primary"]) == ("t-1", "teacher", "true")


def test_who_shares_a_section_is_not_its_primary_teacher() -> None:
    ended = datetime(2026, 4, 2, 12, tzinfo=UTC)
    others = (
        TeachingAssignment(assignment_id="a", teacher_id="t-2", capacity=Capacity.CO_TEACHER),
        TeachingAssignment(
            assignment_id="b",
            teacher_id="t-3",
            capacity=Capacity.SUBSTITUTE,
            starts_on=date(2026, 4, 1),
            ends_on=date(2026, 4, 9),
            ended_at=ended,
        ),
        TeachingAssignment(
            assignment_id="c",
            teacher_id="t-3",
            capacity=Capacity.SUBSTITUTE,
            starts_on=date(2026, 5, 1),
            ends_on=date(2026, 5, 9),
            ended_at=ended,
        ),
    )
    shared = replace(SECTION, others=others)
    _primary, *rows = rosters.enrolment_rows(SCHOOL, shared, SectionPlaces((), ()))
    assert [(row["userSourcedId"], row["primary"], row["beginDate"], row["endDate"]) for row in rows] == [
        ("t-2", "false", "", ""),
        ("t-3", "false", "2026-04-01", "2026-04-02"),
    ]


def test_who_came_back_has_a_row_for_each_stay() -> None:
    places = SectionPlaces(
        standing=(place("s-1", date(2026, 6, 1)),), past=(place("s-1", date(2026, 3, 2), date(2026, 4, 1)),)
    )
    assert rows_of_students(places) == [
        ("mat-5a.s-1", "2026-06-01", ""),
        ("mat-5a.s-1.2", "2026-03-02", "2026-04-01"),
    ]


def test_stay_that_cannot_be_told_from_another_is_left_to_the_parquet_file() -> None:
    places = SectionPlaces(standing=(place("s-1"),), past=(place("s-1", date(2026, 3, 2), date(2026, 4, 1)),))
    assert rows_of_students(places) == [("mat-5a.s-1", "", "")]
