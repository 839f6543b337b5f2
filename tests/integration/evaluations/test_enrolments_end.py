"""Who leaves a section keeps what was graded there, and is graded there no more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from edu.identity.principal import Role
from edu.tenancy import enter_school
from evaluations import services
from evaluations.domain.school import Enrolment, Section
from evaluations.repository import roster
from tests.integration.evaluations.calendar import import_again
from tests.integration.evaluations.conftest import ApiClient, refused
from tests.integration.evaluations.gradebook import SECTION, record, set_evaluation
from tests.support.schools import OPEN_TERM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.schools import TestSchool

OTHER = Section(
    section_id="mat-5b", course_id="mat-5", school_year=2026, name="5º B Matemática", teacher_id="teacher-2"
)
CARD = "/students/student-000/report-card"


@pytest.fixture(autouse=True)
def scope(school: TestSchool) -> Iterator[None]:
    with enter_school(school.school_id):
        yield


def sections() -> list[Section]:
    return [roster.get_section(name) for name in (SECTION, "len-5a")]


def move(school: TestSchool) -> None:
    """The first student goes from 5º A to 5º B in mathematics."""
    enrolments = [
        Enrolment(section_id=section.section_id, student_id=student.student_id)
        for section in sections()
        for student in school.students
    ]
    enrolments[0] = replace(enrolments[0], section_id=OTHER.section_id)
    import_again(school.school, sections=[*sections(), OTHER], students=school.students, enrolments=enrolments)


def row(card: dict[str, Any], section_id: str) -> dict[str, Any]:
    found: dict[str, Any] = next(course for course in card["courses"] if course["section_id"] == section_id)
    return found


def test_student_given_in_another_section_of_the_course_has_moved(school: TestSchool) -> None:
    move(school)
    assert [e.student_id for e in roster.list_enrolments(SECTION, consistent=True)] == ["student-001", "student-002"]
    assert [e.student_id for e in roster.list_enrolments("mat-5b", consistent=True)] == ["student-000"]
    assert len(roster.list_enrolments("len-5a", consistent=True)) == 3


@pytest.mark.parametrize("named", [["sections"], ["students"], ["sections", "students"], []])
def test_import_ends_nothing_because_it_is_not_given(school: TestSchool, named: list[str]) -> None:
    """Not even the places of students and sections that it gives."""
    parts: dict[str, Any] = {"sections": sections(), "students": school.students}
    import_again(school.school, **{name: parts[name] for name in named})
    for section_id in (SECTION, "len-5a"):
        assert len(roster.list_enrolments(section_id, consistent=True)) == 3


def test_who_moved_has_both_places_with_the_days(school: TestSchool) -> None:
    move(school)
    before, after = (
        place
        for place in services.list_places(actor=school.person(Role.SCHOOL_ADMIN), student_id="student-000")
        if place.section_id != "len-5a"
    )
    assert (before.section_id, after.section_id, after.ends_on) == (SECTION, OTHER.section_id, None)
    assert before.ends_on == after.starts_on


def test_teacher_does_not_grade_who_has_left(school: TestSchool, teacher: ApiClient) -> None:
    evaluation_id = set_evaluation(school)
    move(school)
    path = f"/evaluations/{evaluation_id}/scores"
    row = {"student_id": "student-000", "value": "6.5"}
    assert refused(teacher.post(path, row)) == (422, "student_not_enrolled")
    (result,) = teacher.send("PUT", path, {"rows": [row]}).json()["results"]
    assert (result["outcome"], result["problem"]["code"]) == ("rejected", "student_not_enrolled")
    assert teacher.get(path).json()["results"] == []
    assert [s["student_id"] for s in teacher.get(f"/sections/{SECTION}/students").json()["results"]] == [
        "student-001",
        "student-002",
    ]


@pytest.mark.parametrize("read_before", [True, False])
def test_course_counts_once_with_both_lines_on_the_card(
    school: TestSchool, admin: ApiClient, *, read_before: bool
) -> None:
    """Whether or not the grade of the section left had been consolidated before."""
    record(school, set_evaluation(school, "100"), "4.0")
    record(school, set_evaluation(school, "100", section_id="len-5a"), "7.0", section_id="len-5a")
    if read_before:
        admin.get(CARD)
    move(school)
    set_evaluation(school)  # nobody grades the student there now
    record(school, set_evaluation(school, "100", section_id="mat-5b"), "6.0", section_id="mat-5b")
    card = admin.get(f"{CARD}?term={OPEN_TERM}").json()
    grades = {name: row(card, name)["grades"][0]["grade"]["value"] for name in (SECTION, "mat-5b", "len-5a")}
    assert grades == {SECTION: "4.0", "mat-5b": "6.0", "len-5a": "7.0"}
    assert {course["section_id"]: course["attended"] for course in card["courses"]} == {
        SECTION: False,
        "mat-5b": True,
        "len-5a": True,
    }
    (average,) = card["averages"]
    assert (average["value"], average["counted"], average["complete"]) == ("6.0", 2, True)
    assert admin.get(CARD).json()["year"]["value"] == "6.0"
    teacher_card = services.get_report_card(actor=school.teacher, student_id="student-000", term_id=OPEN_TERM)
    assert [line.section.section_id for line in teacher_card.lines] == [SECTION]


def test_section_left_without_a_score_is_on_no_list(school: TestSchool, admin: ApiClient) -> None:
    record(school, set_evaluation(school), "4.0", student=1)
    path = f"/sections/{SECTION}/consolidated?term={OPEN_TERM}"
    assert len(admin.get(path).json()["results"]) == 3
    move(school)
    set_evaluation(school)
    listed = admin.get(path).json()
    assert ([line["student_id"] for line in listed["results"]], listed["stale"]) == (
        ["student-001", "student-002"],
        False,
    )
    assert SECTION not in [course["section_id"] for course in admin.get(CARD).json()["courses"]]
