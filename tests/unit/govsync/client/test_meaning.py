"""What the government's answers mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from govsync.client.failures import BadAnswerError, NoAnswerError, NotSentError
from govsync.client.meaning import BATCH_ROWS, NOT_SENT, PAGE_ROWS, Row, meaning_of_failure
from govsync.client.questions import Operation
from govsync.domain.answers import (
    ContractBroken,
    CredentialsRefused,
    Decided,
    HeldPage,
    InProgress,
    NeverReceived,
    NotTaken,
    Refused,
    Unknown,
)
from tests.unit.govsync.client.support import (
    BATCH,
    ECHO,
    FIRST,
    JSON,
    SECOND,
    decision,
    held,
    page,
    read,
    read_list,
    refusal,
    result_of,
    without,
)

SUBMIT, ASK, UPLOAD = Operation.SUBMIT, Operation.ASK, Operation.UPLOAD
RESULT, FIND, LIST = Operation.RESULT, Operation.FIND, Operation.LIST
SENDING, ASKING = (SUBMIT, UPLOAD), (ASK, RESULT, FIND)
BATCHES = SENDING + ASKING
DECIDED = {SUBMIT: {200, 201}, ASK: {200}, RESULT: {200}}
PROGRESS = {**ECHO, "status": "in_progress"}
HTML = {"content-type": "text/html; charset=utf-8"}
PROXY = b"<html>maintenance</html>"
ROWS: tuple[Row[Any, Any], ...] = (*BATCH_ROWS, *PAGE_ROWS)
DOCUMENT = Path(__file__).resolve().parents[4] / "docs/GOVERNMENT-API.md"


@pytest.mark.parametrize("operation", DECIDED)
def test_decision_on_every_grade_decides(operation: Operation) -> None:
    body = decision(result_of(FIRST), result_of(SECOND, status="rejected", reason="unknown_student"))
    for status in DECIDED[operation]:
        assert read(operation, status, body) == Decided(frozenset({FIRST.key}), {SECOND.key: "unknown_student"})


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{", "unreadable_answer"),
        (b"[" * 100_000, "unreadable_answer"),
        (b'{"batch_id": "\xe9"}', "unreadable_answer"),
        (b'{"results": NaN}', "unreadable_answer"),
        (b'{"results": %s}' % (b"9" * 5000), "unreadable_answer"),
        (b'{"batch_id": "x", "batch_id": "y"}', "name_given_twice"),
        ({}, "not_as_agreed"),
        ([], "not_as_agreed"),
        (decision(result_of(FIRST, version="1"), result_of(SECOND)), "not_as_agreed"),
        (decision(result_of(FIRST), result_of(SECOND, status="maybe")), "not_as_agreed"),
        (decision(result_of(FIRST, status="rejected", reason=7), result_of(SECOND)), "not_as_agreed"),
        (decision(results=[]), "other_grades_decided"),
        (decision(result_of(FIRST)), "other_grades_decided"),
        (decision(result_of(FIRST), result_of(FIRST)), "other_grades_decided"),
        (decision(result_of(FIRST), result_of(FIRST), result_of(SECOND)), "other_grades_decided"),
        (decision(result_of(FIRST), result_of(SECOND, version=2)), "other_grades_decided"),
        (decision(result_of(FIRST), result_of(SECOND), result_of(SECOND, student_id="s3")), "other_grades_decided"),
        (decision(batch_id="c" * 64), "answers_another_question"),
        (decision(school_id="escuela-b"), "answers_another_question"),
        (decision(term_id="2026-q3"), "answers_another_question"),
        (without(decision(), "batch_id"), "not_as_agreed"),
        (without(decision(), "school_id"), "not_as_agreed"),
        (without(decision(), "term_id"), "not_as_agreed"),
        (
            decision(result_of(FIRST, status="rejected", reason="x" * 2001), result_of(SECOND)),
            "oversized_reason",
        ),
    ],
)
def test_answer_that_does_not_decide_on_exactly_the_batch_decides_nothing(body: Any, reason: str) -> None:
    for operation, statuses in DECIDED.items():
        for status in statuses:
            assert read(operation, status, body) == ContractBroken(reason)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("unknown_student", "unknown_student"),
        (None, "no_reason_given"),
        ("", "no_reason_given"),
        ("x" * 64, "x" * 64),
        ("x" * 65, "unreadable"),
        ("Ana Pérez is unknown", "unreadable"),
        ("line\nbreak \x1b[2J", "unreadable"),
        ("\ud800", "unreadable"),
    ],
)
def test_reason_is_kept_only_where_it_is_a_code(given: str | None, kept: str) -> None:
    body = decision(result_of(FIRST), result_of(SECOND, status="rejected", reason=given))
    assert read(SUBMIT, 201, body) == Decided(frozenset({FIRST.key}), {SECOND.key: kept})


@pytest.mark.parametrize(
    ("location", "receipt"),
    [
        ("/decisions/7", "/decisions/7"),
        ("http://127.0.0.1:8002/decisions/7?of=x#part", "/decisions/7?of=x"),
        ("decisions/7", "/api/decisions/7"),
        ("?page=2", "/api/batches?page=2"),
    ],
)
def test_batch_in_progress_is_asked_about_at_its_location(location: str, receipt: str) -> None:
    headers = {**JSON, "location": location, "retry-after": "7"}
    assert read(SUBMIT, 202, PROGRESS, headers) == InProgress(receipt, 7.0)
    assert isinstance(read(ASK, 202, PROGRESS, headers), InProgress)


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://notas.example.org/decisions/7", "foreign_location"),
        ("//notas.example.org/decisions/7", "foreign_location"),
        ("https://127.0.0.1:8002/decisions/7", "foreign_location"),
        ("http://127.0.0.1:8003/decisions/7", "foreign_location"),
        ("http://somebody@127.0.0.1:8002/decisions/7", "foreign_location"),
        ("file:///etc/passwd", "foreign_location"),
        (f"/api/batches/{'f' * 64}", "answers_another_question"),
        ("http://127.0.0.1:x/", "malformed_location"),
        ("http://[::1/", "malformed_location"),
        ("/decisions/7\r\nX: y", "malformed_location"),
        ("/decisions/a b", "malformed_location"),
        ("/d\xe9cisions", "malformed_location"),
        ("", "malformed_location"),
        ("/" + "x" * 512, "malformed_location"),
    ],
)
def test_location_elsewhere_is_never_asked(location: str, reason: str) -> None:
    for operation in (SUBMIT, ASK):
        assert read(operation, 202, PROGRESS, {**JSON, "location": location}) == ContractBroken(reason)


def test_batch_in_progress_without_location() -> None:
    """It cannot be taken when it is sent; asked about, it is asked about again where it was."""
    assert read(SUBMIT, 202, PROGRESS) == ContractBroken("no_location")
    assert read(ASK, 202, PROGRESS) == InProgress(f"/api/batches/{BATCH.batch_id}")


def test_upload_is_in_progress_under_its_id() -> None:
    assert read(UPLOAD, 202, {**PROGRESS, "upload_id": "u 1"}) == InProgress("u 1")
    assert read(FIND, 200, {**ECHO, "upload_id": "u-1"}) == InProgress("u-1")
    assert read(RESULT, 202, PROGRESS, {**JSON, "retry-after": "9"}) == InProgress("u-1", 9.0)


@pytest.mark.parametrize("upload_id", ["", ".", "..", "x" * 513, "u\n1", "\xe9"])
def test_upload_under_no_id_is_none(upload_id: str) -> None:
    assert read(UPLOAD, 202, {**PROGRESS, "upload_id": upload_id}) == ContractBroken("malformed_upload_id")
    assert read(FIND, 200, {**ECHO, "upload_id": upload_id}) == ContractBroken("malformed_upload_id")


@pytest.mark.parametrize("operation", [SUBMIT, ASK, UPLOAD, RESULT])
def test_progress_of_another_batch_is_none(operation: Operation) -> None:
    body = {**PROGRESS, "upload_id": "u-1", "batch_id": "c" * 64}
    assert read(operation, 202, body, {**JSON, "location": "/x"}) == ContractBroken("answers_another_question")
    assert read(operation, 202, {**ECHO, "queued": True}) == ContractBroken("not_as_agreed")


@pytest.mark.parametrize("operation", SENDING)
@pytest.mark.parametrize("status", [400, 413, 422])
def test_agreed_refusal_of_what_was_sent_is_permanent(operation: Operation, status: int) -> None:
    assert read(operation, status, refusal()) == Refused("malformed_batch")
    assert read(operation, status, refusal(**ECHO)) == Refused("malformed_batch")
    assert read(operation, status, refusal("Ana Pérez")) == Refused("unreadable")


@pytest.mark.parametrize("operation", SENDING)
@pytest.mark.parametrize("status", [429, 503])
def test_agreed_busy_answer_had_no_effect(operation: Operation, status: int) -> None:
    assert read(operation, status, refusal("busy"), {**JSON, "retry-after": "7"}) == NotTaken("busy", 7.0)


@pytest.mark.parametrize("operation", SENDING)
@pytest.mark.parametrize("status", [400, 413, 422, 429, 503])
def test_refusal_without_the_agreed_form_is_unknown(operation: Operation, status: int) -> None:
    others = [refusal(received=True), without(refusal(), "received"), without(refusal(), "batch_id"), {}, []]
    for body in others:
        assert read(operation, status, body) == Unknown(f"http_{status}", is_upstream=status in {429, 503})
    assert read(operation, status, PROXY, HTML) == Unknown(f"http_{status}")
    assert read(operation, status, b"") == Unknown(f"http_{status}")
    assert read(operation, status, refusal(batch_id="c" * 64)) == ContractBroken("answers_another_question")
    assert read(operation, status, refusal(school_id="escuela-b")) == ContractBroken("answers_another_question")


@pytest.mark.parametrize("operation", ASKING)
def test_only_the_apis_own_404_means_never_received(operation: Operation) -> None:
    unknown = {"batch_id": BATCH.batch_id, "error": "unknown_batch"}
    assert read(operation, 404, unknown) == NeverReceived()
    assert read(operation, 404, PROXY, HTML) == Unknown("http_404")
    assert read(operation, 404, {"error": "unknown_batch"}) == Unknown("http_404", is_upstream=False)
    assert read(operation, 404, {**unknown, "error": "no_such_path"}) == Unknown("http_404", is_upstream=False)
    assert read(operation, 404, {**unknown, "batch_id": "c" * 64}) == ContractBroken("answers_another_question")


@pytest.mark.parametrize("operation", ASKING)
@pytest.mark.parametrize("status", [400, 413, 422, 429, 503])
def test_failed_question_leaves_the_batch_unknown(operation: Operation, status: int) -> None:
    answer = read(operation, status, refusal(), {**JSON, "retry-after": "7"})
    assert answer == Unknown(f"http_{status}", 7.0, is_upstream=status in {429, 503})


@pytest.mark.parametrize("operation", BATCHES)
def test_refused_key_is_loud_and_says_nothing_of_the_batch(operation: Operation) -> None:
    for body, headers in ((PROXY, HTML), (b"", {}), ({"error": "bad_key"}, JSON), (b"\xff", JSON)):
        assert read(operation, 401, body, headers) == CredentialsRefused("http_401")
    assert read(operation, 403, {"error": "key_revoked"}) == CredentialsRefused("key_revoked")
    assert read(operation, 403, {"message": "forbidden"}) == Unknown("http_403", is_upstream=False)
    assert read(operation, 403, PROXY, HTML) == Unknown("http_403")


@pytest.mark.parametrize("operation", BATCHES)
@pytest.mark.parametrize(
    "status", [204, 206, 301, 303, 402, 405, 408, 409, 410, 425, 431, 451, 500, 502, 504, 520, 599]
)
def test_status_without_a_row_is_unknown(operation: Operation, status: int) -> None:
    is_upstream = status >= 500 or status in {408, 425}
    for body in (decision(), refusal(), PROGRESS, b"\xff"):
        answer = read(operation, status, body, {**JSON, "location": "/x", "retry-after": "7"})
        assert answer == Unknown(f"http_{status}", 7.0, is_upstream=is_upstream)


def test_page_of_a_proxy_is_none_of_ours_whatever_its_status() -> None:
    for operation in BATCHES:
        assert read(operation, 200, PROXY, HTML) == Unknown("http_200")
    assert read_list(200, PROXY, HTML) == Unknown("http_200")
    assert read(SUBMIT, 201, decision(), {}) == Unknown("http_201")
    assert read(SUBMIT, 201, decision(), {"content-type": "application/json, text/html"}) == Unknown("http_201")
    assert isinstance(read(SUBMIT, 201, decision(), {"content-type": "Application/JSON; charset=utf-8"}), Decided)


def test_page_of_grades_is_read() -> None:
    assert read_list(200, page(held(), next_cursor="9")) == HeldPage((FIRST,), "9")
    assert read_list(200, page(held(value="Muy bueno"), cursor="9", next_cursor=""), cursor="9") == HeldPage(
        (FIRST.__class__("e1", "s1", 1, "c", "recorded", "Muy bueno"),), None
    )
    assert read_list(200, without(page(), "next_cursor")) == HeldPage((), None)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{", "unreadable_answer"),
        (page(cursor="other"), "answers_another_question"),
        (page(school_id="escuela-b"), "answers_another_question"),
        (page(term_id="2026-q3"), "answers_another_question"),
        (without(page(), "cursor"), "not_as_agreed"),
        (without(page(), "school_id"), "not_as_agreed"),
        (page(held(version="1")), "not_as_agreed"),
        (page(next_cursor=7), "not_as_agreed"),
        (page(next_cursor="x" * 513), "malformed_cursor"),
        (page(next_cursor="x" * 71_000), "malformed_cursor"),
        (page(next_cursor="\xe9"), "malformed_cursor"),
        (page(next_cursor="a\nb"), "malformed_cursor"),
        (page(held(student_id="s#1")), "malformed_grade"),
        (page(held(student_id="")), "malformed_grade"),
        (page(held(evaluation_id="x" * 5000)), "malformed_grade"),
        (page(held(course_id="C")), "malformed_grade"),
        (page(held(version=0)), "malformed_grade"),
        (page(held(version=10**12)), "malformed_grade"),
        (page(held(state="Ausente\n")), "malformed_grade"),
        (page(held(value="")), "malformed_grade"),
        (page(held(value="5" * 21)), "malformed_grade"),
        (page(held(value="5\x1b")), "malformed_grade"),
        (page(held(value="\ud800")), "malformed_grade"),
    ],
)
def test_page_that_is_none_keeps_nothing(body: Any, reason: str) -> None:
    assert read_list(200, body) == ContractBroken(reason)


def test_page_larger_than_asked_for_keeps_nothing() -> None:
    grades = [held(student_id=f"s{n}") for n in range(501)]
    assert read_list(200, page(*grades)) == ContractBroken("oversized_page")
    assert isinstance(read_list(200, page(*grades[:500])), HeldPage)
    assert read_list(200, page(*grades[:2]), limit=1) == ContractBroken("oversized_page")


def test_fattest_page_fits_an_item_of_the_table() -> None:
    """DynamoDB takes 400 KB; the rest is the names' and the keys'."""
    fat = held(evaluation_id="e" * 40, student_id="s" * 40, course_id="c" * 40, state="x" * 64, value="ñ" * 20)
    answer = read_list(200, page(*[fat | {"version": 10**12 - 1}] * 500))
    assert isinstance(answer, HeldPage)
    assert sum(len("".join(map(str, vars(grade).values())).encode()) for grade in answer.grades) < 350_000


@pytest.mark.parametrize("status", [429, 503])
def test_busy_list_is_for_later(status: int) -> None:
    busy = {"error": "busy", "received": False}
    assert read_list(status, busy, {**JSON, "retry-after": "7"}) == NotTaken("busy", 7.0)
    assert read_list(status, {**busy, "received": True}) == Unknown(f"http_{status}")
    assert read_list(status, PROXY, HTML) == Unknown(f"http_{status}")


def test_list_that_says_anything_else_is_unknown() -> None:
    assert read_list(404, {"error": "no_such_term"}) == Unknown("http_404", is_upstream=False)
    assert read_list(500, b"", {}) == Unknown("http_500")
    assert read_list(401, b"", {}) == CredentialsRefused("http_401")
    assert read_list(403, {"error": "key_revoked"}) == CredentialsRefused("key_revoked")


def test_what_never_left_had_no_effect_and_a_question_that_never_left_no_answer() -> None:
    assert {operation: meaning_of_failure(NotSentError("x"), operation) for operation in Operation} == {
        **dict.fromkeys((SUBMIT, UPLOAD, LIST), NotTaken("x")),
        **dict.fromkeys(ASKING, Unknown("x")),
    }
    for operation in Operation:
        assert meaning_of_failure(NoAnswerError("timeout"), operation) == Unknown("timeout")
        assert meaning_of_failure(BadAnswerError("coded_body", 200), operation) == ContractBroken("coded_body")


def test_each_request_and_status_has_one_row() -> None:
    pairs = [(operation, status) for row in ROWS for operation in row.operations for status in row.statuses]
    assert len(set(pairs)) == len(pairs)
    assert NOT_SENT.keys() == set(Operation)


def test_row_means_what_is_read_by_it() -> None:
    assert [row.read.__annotations__["return"] for row in ROWS] == [row.means.__name__ for row in ROWS]


def test_document_prints_the_table() -> None:
    lines = [
        f"| {'<br>'.join(f'`{o}`' for o in row.operations)} | {', '.join(map(str, row.statuses))} | {row.form} "
        f"| `{row.means.__name__}` |"
        for row in ROWS
    ]
    assert "\n".join(lines) in DOCUMENT.read_text(encoding="utf-8")
