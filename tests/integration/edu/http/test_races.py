"""Many at once, and answers lost on the way: one effect, one answer, and books that agree."""

from __future__ import annotations

import contextvars
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ReadTimeoutError
from django.test import override_settings

from edu import audit, clock, idempotency
from edu.aws.scoped_clients import scoped_client
from edu.dynamo import table
from edu.dynamo.keys import school_partition
from edu.identity.principal import Role
from edu.tenancy import enter_school
from evaluations import services
from tests.integration.evaluations.conftest import ApiClient, account_of
from tests.support.cloud import acting_as
from tests.support.schools import OPEN_TERM
from tests.support.tokens import id_token_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.schools import TestSchool

WRITERS = 10
SCORE = {"student_id": "student-001", "value": "6.5"}


def _together(call: Callable[[int], Any]) -> list[Any]:
    with ThreadPoolExecutor(WRITERS) as pool:
        running = [pool.submit(contextvars.Context().run, call, number) for number in range(WRITERS)]
        return [future.result() for future in running]


def _books(school: TestSchool) -> tuple[list[str], list[tuple[str, str | None]]]:
    """The audited actions on scores and the grades pending for the government."""
    with enter_school(school.school_id):
        entries = audit.list_month(clock.now().strftime("%Y-%m")).items
        pending = services.list_pending_grades(term_id=OPEN_TERM, limit=50)
    return [e.action for e in entries if e.action.startswith("score")], [(g.student_id, g.value) for g in pending]


def _lose_the_answer(monkeypatch: pytest.MonkeyPatch, *, before: bool) -> None:
    """Make the next transaction's outcome unknown: nothing sent, or everything written and the answer lost."""
    client = scoped_client("dynamodb")
    real = client.transact_write_items

    def lossy(**arguments: Any) -> Any:
        monkeypatch.setattr(client, "transact_write_items", real)
        if not before:
            real(**arguments)
        raise ReadTimeoutError(endpoint_url="http://127.0.0.1:9")

    monkeypatch.setattr(client, "transact_write_items", lossy)


def test_same_student_under_different_keys_recorded_exactly_once(
    teacher: ApiClient, evaluation_id: str, school: TestSchool
) -> None:
    path, values = f"/evaluations/{evaluation_id}/scores", [f"{1 + n / 10:.1f}" for n in range(WRITERS)]
    answers = _together(lambda n: teacher.post(path, {**SCORE, "value": values[n]}, key=f"key-{n}"))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * (WRITERS - 1)
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"score_already_recorded"}
    [won] = [answer.json() for answer in answers if answer.status_code == 201]
    assert teacher.get(f"{path}/student-001").json() == won
    assert _books(school) == (["score.recorded"], [("student-001", won["value"])])


def test_same_key_with_different_bodies_at_once_takes_one_and_refuses_the_others(
    teacher: ApiClient, evaluation_id: str, school: TestSchool
) -> None:
    path = f"/evaluations/{evaluation_id}/scores"
    answers = _together(lambda n: teacher.post(path, {**SCORE, "student_id": f"student-00{n % 3}"}, key="one-key"))
    taken = {answer.json()["student_id"] for answer in answers if answer.status_code == 201}
    refused = {answer.json()["code"] for answer in answers if answer.status_code != 201}
    assert len(taken) == 1
    assert refused == {"idempotency_key_reused"}
    assert len(teacher.get(path).json()["results"]) == 1
    assert len(_books(school)[0]) == 1


def test_same_key_and_evaluation_at_once_creates_one(teacher: ApiClient, exam: dict[str, Any]) -> None:
    answers = _together(lambda _: teacher.post("/sections/mat-5a/evaluations", exam, key="one-key"))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len(teacher.get("/sections/mat-5a/evaluations").json()["results"]) == 1


@pytest.mark.parametrize("before", [True, False])
def test_lost_answer_is_503_and_the_repeat_gets_the_first_answer(
    teacher: ApiClient,
    evaluation_id: str,
    school: TestSchool,
    monkeypatch: pytest.MonkeyPatch,
    before: bool,  # noqa: FBT001
) -> None:
    path = f"/evaluations/{evaluation_id}/scores"
    _lose_the_answer(monkeypatch, before=before)
    lost = teacher.post(path, SCORE, key="lost")
    assert (lost.status_code, lost.json()["code"]) == (503, "store_unavailable")
    assert lost.headers["Retry-After"] == "2"
    repeated = teacher.post(path, SCORE, key="lost")
    assert repeated.status_code == 201
    assert repeated.headers["ETag"] == '"1"'
    assert repeated.json() == teacher.get(f"{path}/student-001").json()
    assert teacher.post(path, SCORE, key="lost").content == repeated.content
    assert _books(school) == (["score.recorded"], [("student-001", "6.5")])


def test_first_answer_outlives_the_closing_of_the_term(
    teacher: ApiClient, evaluation_id: str, exam: dict[str, Any], school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/evaluations/{evaluation_id}/scores"
    _lose_the_answer(monkeypatch, before=False)
    assert teacher.post(path, SCORE, key="lost").status_code == 503
    evaluation = teacher.post("/sections/mat-5a/evaluations", exam, key="evaluation")
    admin = ApiClient(id_token_of(account_of(school, Role.SCHOOL_ADMIN)))
    assert admin.post(f"/terms/{OPEN_TERM}/close", {}).status_code == 200
    assert teacher.post(path, SCORE, key="another").json()["code"] == "term_closed"
    assert teacher.post(path, SCORE, key="lost").status_code == 201
    assert teacher.post("/sections/mat-5a/evaluations", exam, key="evaluation").content == evaluation.content
    assert teacher.post(path, {**SCORE, "value": "2.0"}, key="lost").json()["code"] == "idempotency_key_reused"


def test_key_is_each_persons_and_each_schools_own(
    teacher: ApiClient, neighbour: ApiClient, exam: dict[str, Any]
) -> None:
    ours = teacher.post("/sections/mat-5a/evaluations", exam, key="same-key")
    theirs = neighbour.post("/sections/mat-5a/evaluations", {**exam, "title": "Otra"}, key="same-key")
    assert (ours.status_code, theirs.status_code) == (201, 201)
    assert ours.json()["evaluation_id"] != theirs.json()["evaluation_id"]


def test_expired_record_no_longer_counts_before_ttl_removes_it(
    teacher: ApiClient, exam: dict[str, Any], school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "LIFETIME_S", 0)
    first = teacher.post("/sections/mat-5a/evaluations", exam, key="reused")
    second = teacher.post("/sections/mat-5a/evaluations", {**exam, "title": "Otra"}, key="reused")
    assert (first.status_code, second.status_code) == (201, 201)
    assert len(teacher.get("/sections/mat-5a/evaluations").json()["results"]) == 2
    assert len(_records(school)) == 1


def test_record_holds_no_key_in_clear_and_expires_in_a_day(
    teacher: ApiClient, exam: dict[str, Any], school: TestSchool
) -> None:
    teacher.post("/sections/mat-5a/evaluations", exam, key="ana-munoz-0001")
    [record] = _records(school)
    assert "ana-munoz" not in str(record)
    assert 0 <= record["expires_at"] - clock.epoch_s() - 24 * 3600 + 60 <= 60


def _records(school: TestSchool) -> list[dict[str, Any]]:
    """The school's idempotency records; whose they are is told by the evaluations' authors."""
    with enter_school(school.school_id):
        entries = audit.list_month(clock.now().strftime("%Y-%m")).items
        subjects = {entry.actor for entry in entries}
        found = [table.query_all(table.Query(school_partition("IDEMPOTENCY", subject))) for subject in subjects]
        return [item for items in found for item in items]


@override_settings(TENANT_ROLE_ARN="arn:aws:iam::000000000000:role/no-such-role")
def test_without_credentials_the_answer_is_503_and_not_another_scopes(teacher: ApiClient, school: TestSchool) -> None:
    assert school.school_id
    with acting_as("web"):
        answer = teacher.get("/evaluations/none")
    assert (answer.status_code, answer.json()["code"]) == (503, "credentials_unavailable")
