"""A student's scores, by term."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from edu.identity.principal import Role
from edu.tenancy import enter_school
from evaluations.repository import stored_scores
from tests.integration.evaluations.conftest import ApiClient, account_of, refused
from tests.support.calls import counted_calls
from tests.support.schools import CLOSED_TERM, OPEN_TERM
from tests.support.tokens import id_token_of

if TYPE_CHECKING:
    from tests.support.schools import TestSchool

PATH = "/students/student-001/scores"


@pytest.fixture
def colleague(school: TestSchool) -> ApiClient:
    """The teacher of ``len-5a``, which the same students attend."""
    return ApiClient(id_token_of(account_of(school, Role.TEACHER, "teacher-2")))


def grade(client: ApiClient, section_id: str, exam: dict[str, Any], value: str, student: str = "student-001") -> str:
    found: str = client.post(f"/sections/{section_id}/evaluations", exam).json()["evaluation_id"]
    created = client.post(f"/evaluations/{found}/scores", {"student_id": student, "value": value})
    assert created.status_code == 201
    return found


def values(client: ApiClient, path: str = PATH) -> list[str]:
    return sorted(score["value"] for score in client.get(path).json()["results"])


def test_teachers_see_their_own_sections_and_administrators_all(
    teacher: ApiClient, colleague: ApiClient, admin: ApiClient, exam: dict[str, Any]
) -> None:
    evaluation_id = grade(teacher, "mat-5a", exam, "6.5")
    grade(colleague, "len-5a", exam, "4.0")
    grade(teacher, "mat-5a", exam, "2.0", student="student-002")
    assert (values(teacher), values(colleague), values(admin)) == (["6.5"], ["4.0"], ["4.0", "6.5"])
    [score] = teacher.get(PATH).json()["results"]
    place = {"section_id": "mat-5a", "course_id": "mat-5", "term_id": OPEN_TERM, "kind": "exam"}
    place |= {"purpose": "summative"}
    assert score == teacher.get(f"/evaluations/{evaluation_id}/scores/student-001").json() | place


def test_listed_by_term(school: TestSchool, teacher: ApiClient, admin: ApiClient, exam: dict[str, Any]) -> None:
    admin.post(f"/terms/{CLOSED_TERM}/reopen", {"reason": "Faltaba una prueba"})
    term = next(t for t in admin.get("/terms").json()["results"] if t["term_id"] == CLOSED_TERM)
    grade(teacher, "mat-5a", exam, "6.5")
    grade(teacher, "mat-5a", {**exam, "term_id": CLOSED_TERM, "held_on": term["starts_on"]}, "3.0")
    assert values(teacher) == ["3.0", "6.5"]
    assert values(teacher, f"{PATH}?term={OPEN_TERM}") == ["6.5"]
    assert values(admin, f"{PATH}?term={CLOSED_TERM}") == ["3.0"]
    with enter_school(school.school_id):
        assert stored_scores.list_of_student("student-001", term_id=OPEN_TERM[:-1]).items == []
    assert refused(admin.get(f"{PATH}?term={OPEN_TERM[:-1]}")) == (422, "invalid_input")
    assert refused(admin.get(f"{PATH}?term=a%23b")) == (422, "invalid_input")


def test_goes_on_by_cursor_that_fits_this_listing_only(
    teacher: ApiClient, admin: ApiClient, exam: dict[str, Any]
) -> None:
    for value in ("1.0", "2.0", "3.0"):
        grade(teacher, "mat-5a", exam, value)
    page = admin.get(f"{PATH}?limit=2").json()
    rest = admin.get(f"{PATH}?cursor={page['next']}").json()
    assert len(page["results"]) == 2
    assert sorted(score["value"] for score in page["results"] + rest["results"]) == ["1.0", "2.0", "3.0"]
    other = admin.get(f"/students/student-002/scores?cursor={page['next']}")
    assert refused(other) == (400, "invalid_cursor")


def test_costs_as_many_calls_for_any_number(teacher: ApiClient, admin: ApiClient, exam: dict[str, Any]) -> None:
    def calls_of(client: ApiClient) -> list[str]:
        with counted_calls() as calls:
            assert client.get(PATH).status_code == 200
        return list(calls)

    grade(teacher, "mat-5a", exam, "1.0")
    one = calls_of(teacher), calls_of(admin)
    for _ in range(5):
        grade(teacher, "mat-5a", exam, "1.0")
    assert (calls_of(teacher), calls_of(admin)) == one
    assert one == (["GetItem", "Query", "BatchGetItem", "Query"], ["GetItem", "Query"])


def test_nobody_else_sees_a_childs_grades(
    school: TestSchool, teacher: ApiClient, exam: dict[str, Any], admin: ApiClient
) -> None:
    grade(teacher, "mat-5a", exam, "6.5")
    people = ((Role.TEACHER, "teacher-9"), (Role.TEACHER, ""), (Role.AUDITOR, ""), (Role.STUDENT, "student-001"))
    for role, person_id in people:
        assert ApiClient(id_token_of(account_of(school, role, person_id))).get(PATH).status_code == 403
    assert refused(admin.get("/students/student-999/scores")) == (404, "not_found")


def test_another_schools_student_of_the_same_id_is_another(
    teacher: ApiClient, neighbour: ApiClient, exam: dict[str, Any]
) -> None:
    grade(teacher, "mat-5a", exam, "6.5")
    assert values(neighbour) == []
    grade(neighbour, "mat-5a", exam, "1.0")
    assert (values(teacher), values(neighbour)) == (["6.5"], ["1.0"])
