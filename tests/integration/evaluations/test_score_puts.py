"""One way to write a score: PUT at its address, the first with ``If-None-Match: *``, the next with ``If-Match``."""

from __future__ import annotations

import contextvars
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from edu.tenancy import enter_school
from evaluations.repository import score_versions
from tests.integration.evaluations.conftest import problem_of, refused
from tests.support.calls import counted_calls
from tests.support.schools import OPEN_TERM

if TYPE_CHECKING:
    from tests.integration.evaluations.conftest import ApiClient
    from tests.support.schools import TestSchool

STUDENT = "student-001"


@pytest.fixture
def path(evaluation_id: str) -> str:
    """Where a score of which there is none yet will be."""
    return f"/evaluations/{evaluation_id}/scores/{STUDENT}"


def create(client: ApiClient, path: str, value: str | None = "6.5", **more: Any) -> Any:
    key = {"key": more.pop("key")} if "key" in more else {}
    return client.send("PUT", path, {"value": value, **more}, If_None_Match="*", **key)


def test_first_score_is_created_at_its_address(teacher: ApiClient, path: str) -> None:
    created = create(teacher, path)
    assert (created.status_code, created.headers["ETag"], created.headers["Location"]) == (201, '"1"', f"/api/v1{path}")
    read = teacher.get(path)
    assert (read.json(), read.headers["ETag"]) == (created.json(), '"1"')


def test_it_is_what_a_post_would_have_written(teacher: ApiClient, evaluation_id: str, path: str) -> None:
    put = create(teacher, path, late=True).json()
    sent = {"student_id": "student-002", "value": "6.5", "late": True}
    posted = teacher.post(f"/evaluations/{evaluation_id}/scores", sent).json()
    named = {"student_id", "recorded_at"}
    assert {n: v for n, v in put.items() if n not in named} == {n: v for n, v in posted.items() if n not in named}


def test_next_ones_are_put_with_the_version(teacher: ApiClient, path: str) -> None:
    etag = create(teacher, path).headers["ETag"]
    corrected = teacher.send("PUT", path, {"value": "5.0"}, If_Match=etag)
    assert (corrected.status_code, corrected.headers["ETag"]) == (200, '"2"')
    assert "Location" not in corrected.headers


def test_score_that_stands_is_shown_beside_what_was_sent(teacher: ApiClient, path: str) -> None:
    standing = create(teacher, path).json()
    again = create(teacher, path, "4.0")
    assert refused(again) == (412, "stale_version")
    body = problem_of(again)
    shown = ("state", "value", "late", "comment", "version", "recorded_at")
    assert body["current"] == {name: standing[name] for name in shown}
    assert body["yours"] == {"state": "recorded", "value": "4.0", "late": False, "comment": None, "version": None}
    assert teacher.get(path).json() == standing


def test_post_of_a_score_that_stands_conflicts_as_before(teacher: ApiClient, evaluation_id: str, path: str) -> None:
    create(teacher, path)
    sent = {"student_id": STUDENT, "value": "4.0"}
    assert refused(teacher.post(f"/evaluations/{evaluation_id}/scores", sent)) == (409, "score_already_recorded")


def test_put_of_what_was_posted_finds_it(teacher: ApiClient, score_path: str) -> None:
    assert refused(create(teacher, score_path)) == (412, "stale_version")


def test_repeated_under_its_key_gets_the_first_answer(teacher: ApiClient, path: str) -> None:
    first = create(teacher, path, key="put-una-vez")
    again = create(teacher, path, key="put-una-vez")
    assert (again.status_code, again.content, again.headers["Idempotent-Replayed"]) == (201, first.content, "true")
    assert [again.headers[n] for n in ("ETag", "Location")] == [first.headers[n] for n in ("ETag", "Location")]


def test_repeated_under_another_key_is_refused_though_the_score_says_the_same(teacher: ApiClient, path: str) -> None:
    """RFC 9110, 13.1.2: 412 and nothing else. That it says the same, ``current`` and ``yours`` show."""
    create(teacher, path, key="una")
    again = create(teacher, path, key="otra")
    assert refused(again) == (412, "stale_version")
    body = problem_of(again)
    said = ("state", "value", "late")
    assert [body["current"][name] for name in said] == [body["yours"][name] for name in said]


def test_same_key_with_the_other_condition_is_another_request(teacher: ApiClient, path: str) -> None:
    create(teacher, path, key="dos-condiciones")
    other = teacher.send("PUT", path, {"value": "6.5"}, version=1, key="dos-condiciones")
    assert refused(other) == (422, "idempotency_key_reused")


def test_first_answer_comes_before_what_refuses_a_repeat(teacher: ApiClient, admin: ApiClient, path: str) -> None:
    first = create(teacher, path, key="antes-de-cerrar")
    admin.post(f"/terms/{OPEN_TERM}/close", {})
    assert create(teacher, path, key="antes-de-cerrar").content == first.content


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, (428, "if_match_required")),
        ({"If_None_Match": ""}, (428, "if_match_required")),
        ({"If_None_Match": '"1"'}, (400, "if_none_match_malformed")),
        ({"If_None_Match": 'W/"1"'}, (400, "if_none_match_malformed")),
        ({"If_None_Match": '*, "1"'}, (400, "if_none_match_malformed")),
        ({"If_None_Match": "*", "If_Match": '"1"'}, (400, "preconditions_contradict")),
        ({"If_None_Match": '"1"', "If_Match": '"1"'}, (400, "preconditions_contradict")),
        ({"If_None_Match": "*", "If_Match": "*"}, (400, "preconditions_contradict")),
    ],
)
def test_put_says_one_thing_about_what_it_replaces(
    teacher: ApiClient, path: str, headers: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert refused(teacher.send("PUT", path, {"value": "6.5"}, **headers)) == expected
    assert teacher.get(path).status_code == 404


def test_without_a_key_it_is_refused_as_every_write(teacher: ApiClient, path: str) -> None:
    assert refused(create(teacher, path, key="")) == (400, "idempotency_key_required")


def test_errors_are_those_of_a_first_score(
    teacher: ApiClient, admin: ApiClient, neighbour: ApiClient, path: str
) -> None:
    assert refused(create(teacher, path, "9.9")) == (422, "invalid_score")
    assert refused(create(teacher, path.replace(STUDENT, "nobody"))) == (422, "student_not_enrolled")
    assert refused(create(neighbour, path)) == (404, "not_found")
    assert refused(create(admin, path)) == (403, "section_not_assigned")
    admin.post(f"/terms/{OPEN_TERM}/close", {})
    assert refused(create(teacher, path)) == (409, "term_closed")
    assert create(admin, path, reason="Entregó la prueba tarde").status_code == 201


def test_of_two_at_once_one_creates(teacher: ApiClient, path: str, school: TestSchool) -> None:
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(contextvars.Context().run, create, teacher, path, value) for value in ("4.0", "5.0")]
        answers = [future.result() for future in running]
    assert sorted(answer.status_code for answer in answers) == [201, 412]
    [created] = [answer.json() for answer in answers if answer.status_code == 201]
    assert teacher.get(path).json() == created
    _, evaluation_id, _, student_id = path.strip("/").split("/")
    with enter_school(school.school_id):
        assert len(score_versions.list_versions(evaluation_id, student_id).items) == 1


def test_warm_put_is_one_call(teacher: ApiClient, path: str) -> None:
    with counted_calls() as calls:
        assert create(teacher, path).status_code == 201
    assert calls == ["TransactWriteItems"]
