"""A section's scores of a term in one listing: complete, in order, and at the same cost for any number."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest

from edu.identity.principal import Role
from edu.tenancy import enter_school
from tests.integration.evaluations.conftest import ApiClient, account_of, refused
from tests.integration.evaluations.gradebook import record, set_evaluation
from tests.support.calls import counted_calls
from tests.support.cloud import acting_as
from tests.support.schools import CLOSED_TERM, OPEN_TERM, import_school
from tests.support.tokens import id_token_of

if TYPE_CHECKING:
    from tests.support.cloud import Cloud
    from tests.support.schools import TestSchool

PATH = f"/sections/mat-5a/scores?term={OPEN_TERM}"


def places(page: dict[str, Any]) -> list[tuple[str, str]]:
    return [(score["evaluation_id"], score["student_id"]) for score in page["results"]]


@pytest.fixture
def graded(school: TestSchool) -> list[tuple[str, str]]:
    """Three evaluations of the same day; each student but the first of the last one has a score in each."""
    with enter_school(school.school_id):
        evaluations = sorted((set_evaluation(school, "1") for _ in range(3)), reverse=True)
        kept = [(name, n) for name in evaluations for n in range(len(school.students))][:-1]
        for name, student in kept:
            record(school, name, "6.5", student=student)
    return [(name, school.students[student].student_id) for name, student in kept]


def test_whole_grade_book_is_one_answer(teacher: ApiClient, graded: list[tuple[str, str]]) -> None:
    page = teacher.get(f"{PATH}&limit=500").json()
    assert (places(page), page["next"]) == (graded, None)
    assert {(score["value"], score["term_id"]) for score in page["results"]} == {("6.5", OPEN_TERM)}
    assert teacher.get(f"/sections/mat-5a/scores?term={CLOSED_TERM}").json() == {"results": [], "next": None}


@pytest.mark.parametrize("limit", [1, 2, 4])
def test_goes_on_by_cursor_without_a_gap_or_a_repeat(
    teacher: ApiClient, graded: list[tuple[str, str]], limit: int
) -> None:
    found, cursor = [], ""
    while cursor is not None:
        page = teacher.get(f"{PATH}&limit={limit}" + (f"&cursor={cursor}" if cursor else "")).json()
        assert len(page["results"]) <= limit
        found += places(page)
        cursor = page["next"]
    assert found == graded


def test_current_copy_is_not_sent_again(teacher: ApiClient, graded: list[tuple[str, str]]) -> None:
    first = teacher.get(PATH)
    assert len(first.json()["results"]) == len(graded)
    assert teacher.get(PATH, If_None_Match=first.headers["ETag"]).status_code == 304


def test_only_who_may_read_the_scores(teacher: ApiClient, admin: ApiClient, school: TestSchool) -> None:
    stranger = ApiClient(id_token_of(account_of(school, Role.TEACHER, "teacher-of-nobody")))
    auditor = ApiClient(id_token_of(account_of(school, Role.AUDITOR)))
    assert admin.get(PATH).status_code == 200
    assert [client.get(PATH).status_code for client in (stranger, auditor)] == [403, 403]
    assert refused(teacher.get("/sections/nowhere/scores?term=term-open")) == (404, "not_found")


@pytest.mark.parametrize("query", ["", "?term=none", f"?term={OPEN_TERM}&limit=0", f"?term={OPEN_TERM}&limit=501"])
def test_bad_question_is_refused(teacher: ApiClient, query: str) -> None:
    assert refused(teacher.get(f"/sections/mat-5a/scores{query}")) == (422, "invalid_input")


def test_cursor_is_of_one_listing_and_school(
    teacher: ApiClient, neighbour: ApiClient, graded: list[tuple[str, str]]
) -> None:
    assert graded
    cursor = teacher.get(f"{PATH}&limit=1").json()["next"]
    for answer in (
        neighbour.get(f"{PATH}&cursor={cursor}"),
        teacher.get(f"/sections/mat-5a/scores?term={CLOSED_TERM}&cursor={cursor}"),
        teacher.get(f"/sections/mat-5a/evaluations?cursor={cursor}"),
    ):
        assert refused(answer) == (400, "invalid_cursor")


def test_costs_the_same_for_4_students_and_40_and_any_number_of_evaluations(cloud: Cloud) -> None:
    assert cloud
    costs = []
    for students, evaluations in ((4, 1), (40, 2)):
        with acting_as("worker"):
            school = import_school(f"libro-{uuid.uuid4().hex[:8]}", students=students)
        with enter_school(school.school_id):
            for _ in range(evaluations):
                record(school, set_evaluation(school, "1"), "6.5")
        client = ApiClient(id_token_of(account_of(school, Role.TEACHER, "teacher-1")))
        assert len(client.get(f"{PATH}&limit=100").json()["results"]) == evaluations
        with counted_calls() as calls:
            client.get(f"{PATH}&limit=100")
        costs.append(list(calls))
    assert costs[0] == costs[1] == ["Query", "Query", "BatchGetItem"]
