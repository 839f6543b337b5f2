"""What the government's answers mean."""

from __future__ import annotations

import json
from typing import Any

import pytest
import time_machine

from govsync.client.answers import (
    Decided,
    HeldPage,
    Later,
    NeverReceived,
    Refused,
    Unknown,
    read_inquiry,
    read_page,
    read_submission,
    retry_after_s,
)
from govsync.domain.batches import Batch
from govsync.domain.grades import SubmittedGrade
from govsync.domain.states import BatchState

FIRST, SECOND = SubmittedGrade("e1", "s1", 1, "c", "recorded", "5.5"), SubmittedGrade("e1", "s2", 3, "c", "absent")
BATCH = Batch(1, "b" * 64, BatchState.SENDING, (FIRST, SECOND))


def result_of(grade: SubmittedGrade, **changes: Any) -> dict[str, Any]:
    named = {"evaluation_id": grade.evaluation_id, "student_id": grade.student_id, "version": grade.version}
    return {**named, "status": "accepted", **changes}


def body_of(*results: dict[str, Any], batch_id: str = BATCH.batch_id) -> bytes:
    return json.dumps({"batch_id": batch_id, "results": results}).encode()


@pytest.mark.parametrize("status", [200, 201])
def test_decision_on_every_grade_decides(status: int) -> None:
    body = body_of(result_of(FIRST), result_of(SECOND, status="rejected", reason="unknown_student"))
    expected = Decided(frozenset({FIRST.key}), {SECOND.key: "unknown_student"})
    assert read_submission(status, {}, body, BATCH) == expected
    assert read_inquiry(200, {}, body, BATCH) == expected


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>maintenance</html>",
        b"{}",
        body_of(),
        body_of(result_of(FIRST)),
        body_of(result_of(FIRST), result_of(FIRST)),
        body_of(result_of(FIRST), result_of(FIRST), result_of(SECOND)),
        body_of(result_of(FIRST), result_of(SECOND, version=2)),
        body_of(result_of(FIRST), result_of(SECOND), result_of(SECOND, student_id="s3")),
        body_of(result_of(FIRST), result_of(SECOND, status="maybe")),
        body_of(result_of(FIRST), result_of(SECOND), batch_id="c" * 64),
    ],
)
def test_answer_that_does_not_decide_on_exactly_the_batch_decides_nothing(body: bytes) -> None:
    assert read_submission(201, {}, body, BATCH) == Unknown("malformed_answer")
    assert read_inquiry(200, {}, body, BATCH) == Unknown("malformed_answer")


@pytest.mark.parametrize("status", [408, 409, 500, 502, 504])
def test_failure_that_may_have_had_its_effect_is_unknown(status: int) -> None:
    assert read_submission(status, {"retry-after": "7"}, b"", BATCH) == Unknown(f"http_{status}", 7.0)


@pytest.mark.parametrize("status", [425, 429, 503, 507, 301, 204])
def test_failure_at_the_door_is_for_later(status: int) -> None:
    assert read_submission(status, {"retry-after": "7"}, b"", BATCH) == Later(f"http_{status}", 7.0)


@pytest.mark.parametrize(
    "status", [401, 402, 403, 404, 405, 406, 407, 410, 411, 415, 417, 421, 426, 428, 431, 451, 499]
)
def test_wrong_key_address_or_form_never_condemns_grades(status: int) -> None:
    assert read_submission(status, {}, b"", BATCH) == Later(f"http_{status}")


@pytest.mark.parametrize("status", [400, 413, 422])
def test_refusal_of_what_was_sent_is_permanent(status: int) -> None:
    assert read_submission(status, {}, b"", BATCH) == Refused(f"http_{status}")


def test_only_the_apis_own_404_means_never_received() -> None:
    assert read_inquiry(404, {}, b'{"error": "unknown_batch"}', BATCH) == NeverReceived()
    assert read_inquiry(404, {}, b"<html>nginx</html>", BATCH) == Unknown("http_404")
    assert read_inquiry(404, {}, b'{"error": "no_such_path"}', BATCH) == Unknown("http_404")


@pytest.mark.parametrize("status", [401, 429, 500, 503])
def test_failed_question_leaves_the_batch_unknown(status: int) -> None:
    assert read_inquiry(status, {}, b"", BATCH) == Unknown(f"http_{status}")


def test_page_of_grades_is_read() -> None:
    grade = {"evaluation_id": "e1", "student_id": "s1", "version": 1, "course_id": "c", "state": "recorded"}
    body = json.dumps({"grades": [grade | {"value": "5.5"}], "next_cursor": "9"}).encode()
    assert read_page(200, {}, body) == HeldPage((FIRST,), "9")


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (503, b"", "http_503"),
        (404, b"", "http_404"),
        (200, b"{", "malformed_answer"),
        (200, b'{"grades": [{"evaluation_id": 1}]}', "malformed_answer"),
    ],
)
def test_page_that_cannot_be_read_is_for_later(status: int, body: bytes, reason: str) -> None:
    assert read_page(status, {}, body) == Later(reason)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("", 0), ("3", 3), (" 3 ", 3), ("-1", 0), ("soon", 0), ("1.5", 0), ("999999", 3600), ("٣", 0)],
)
def test_retry_after_in_seconds_is_read(text: str, seconds: float) -> None:
    assert retry_after_s({"retry-after": text}) == seconds


@time_machine.travel("2026-12-01T12:00:00Z", tick=False)
def test_retry_after_as_a_date_is_read() -> None:
    assert retry_after_s({"retry-after": "Tue, 01 Dec 2026 12:00:30 GMT"}) == 30
    assert retry_after_s({"retry-after": "Tue, 01 Dec 2026 11:00:00 GMT"}) == 0
