"""A client that has the current answer is not sent it again; one that has yesterday's is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edu.identity.principal import Role
from tests.integration.evaluations.conftest import ApiClient

if TYPE_CHECKING:
    from tests.integration.api.people import People


@pytest.fixture
def teacher(people: People) -> ApiClient:
    return ApiClient(people.tokens[Role.TEACHER])


@pytest.fixture
def score_path(people: People) -> str:
    return f"/evaluations/{people.values['evaluation_id']}/scores/{people.values['student_id']}"


def test_record_is_not_sent_again_until_it_changes(teacher: ApiClient, score_path: str) -> None:
    first = teacher.get(score_path)
    tag = first.headers["ETag"]
    for known in (tag, f"W/{tag}", f'"99", {tag}'):
        again = teacher.get(score_path, If_None_Match=known)
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    correction = {"value": "4.0", "reason": "Error de suma"}
    changed = teacher.send("PUT", score_path, correction, version=first.json()["version"])
    assert changed.status_code == 200
    answer = teacher.get(score_path, If_None_Match=tag)
    assert (answer.status_code, answer.json()["value"], answer.headers["ETag"]) == (200, "4.0", changed.headers["ETag"])


@pytest.mark.parametrize(
    "path",
    [
        "/sections",
        "/terms",
        "/school",
        "/sections/mat-5a/students",
        "/sections/mat-5a/evaluations",
        "/students/student-000/scores",
    ],
)
def test_listing_is_not_sent_again(teacher: ApiClient, path: str) -> None:
    first = teacher.get(path)
    tag = first.headers["ETag"]
    assert tag.startswith('W/"')
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert teacher.get(path, If_None_Match=tag).status_code == 304


def test_listing_with_a_new_score_is_sent(teacher: ApiClient, people: People) -> None:
    path = f"/evaluations/{people.values['evaluation_id']}/scores"
    tag = teacher.get(path).headers["ETag"]
    assert teacher.post(path, {"student_id": people.next_student(), "value": "5.0"}).status_code == 201
    answer = teacher.get(path, If_None_Match=tag)
    assert answer.status_code == 200
    assert answer.headers["ETag"] != tag


def test_report_card_keeps_its_own_tag(teacher: ApiClient) -> None:
    path = "/students/student-000/report-card"
    tag = teacher.get(path).headers["ETag"]
    assert teacher.get(path, If_None_Match=tag).status_code == 304
    assert teacher.get(path, If_None_Match=tag, Accept="text/csv").status_code == 200
