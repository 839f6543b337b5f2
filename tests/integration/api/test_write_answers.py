"""What a write's answer says beside its body, the first time and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edu.identity.principal import Role
from tests.integration.evaluations.conftest import ApiClient
from tests.support.schools import OPEN_TERM

if TYPE_CHECKING:
    from tests.integration.api.people import People


@pytest.fixture
def teacher(people: People) -> ApiClient:
    return ApiClient(people.tokens[Role.TEACHER])


def test_created_evaluation_and_score_can_be_read_at_their_location(teacher: ApiClient, people: People) -> None:
    new = {name: people.values[name] for name in ("term_id", "kind", "title", "weight", "held_on")}
    evaluation = teacher.post("/sections/mat-5a/evaluations", new)
    place = evaluation.headers["Location"].removeprefix("/api/v1")
    assert teacher.get(place).json() == evaluation.json()
    score = teacher.post(f"{place}/scores", {"student_id": "student-003", "value": "5.0"})
    assert score.headers["Location"] == f"/api/v1{place}/scores/student-003"
    assert teacher.get(score.headers["Location"].removeprefix("/api/v1")).json() == score.json()


def test_what_changes_something_names_no_location(teacher: ApiClient, people: People) -> None:
    path = f"/evaluations/{people.next_evaluation()}"
    assert "Location" not in teacher.send("PATCH", path, {"title": "Otro"}, version=1).headers


def test_repeat_in_another_language_has_the_first_answers_language_and_location(
    teacher: ApiClient, people: People
) -> None:
    path = f"/evaluations/{people.next_evaluation()}/scores"
    sent = {"student_id": "student-004", "value": "5.0"}
    first = teacher.post(path, sent, key="en-dos-idiomas-1")
    again = teacher.post(path, sent, key="en-dos-idiomas-1", Accept_Language="en")
    kept = ("Content-Language", "Location", "ETag")
    assert [again.headers[name] for name in kept] == [first.headers[name] for name in kept]
    assert (first.headers["Content-Language"], again.content) == ("es", first.content)


def test_options_is_neither_offered_nor_named(teacher: ApiClient) -> None:
    answer = teacher.send("OPTIONS", f"/sections/mat-5a/evaluations?term={OPEN_TERM}", "")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, POST, HEAD")
