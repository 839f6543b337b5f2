"""Whatever comes, it ends in one of the named answers, and nothing leaves the client that could not be kept."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govsync.client.bodies import is_code
from govsync.client.failures import BadAnswerError, NoAnswerError
from govsync.client.meaning import BATCH_ROWS, PAGE_ROWS, Row, meaning_of
from govsync.client.questions import Operation, PageQuestion
from govsync.client.retry_after import MAX_RETRY_AFTER_S
from govsync.client.transport import MAX_HEAD_BYTES, Response, _Reading
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
    PLACE,
    decision,
    held,
    http,
    page,
    question_of,
    refusal,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

GOOD: tuple[dict[str, Any], ...] = (
    decision(),
    refusal(),
    {**ECHO, "status": "in_progress", "upload_id": "u-1"},
    {"batch_id": BATCH.batch_id, "error": "unknown_batch"},
    page(held(), next_cursor="9"),
    {"error": "busy", "received": False},
)
ROWS: tuple[Row[Any, Any], ...] = (*BATCH_ROWS, *PAGE_ROWS)
STATUSES = sorted({status for row in ROWS for status in row.statuses} | {204, 301, 404, 500, 999})
TEXTS = st.text(max_size=20) | st.sampled_from(["x" * 513, "x" * 3000, "\ud800", "a#b", "\x1b[2J", "."])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def altered(draw: st.DrawFn) -> bytes:
    """A body as agreed with something else in one place."""
    body = json.loads(json.dumps(draw(st.sampled_from(GOOD))))
    place = body
    while True:
        name = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else list(range(len(place)))))
        inner = place[name]
        if not isinstance(inner, (dict, list)) or not inner or draw(st.booleans()):
            place[name] = draw(VALUES)
            return json.dumps(body).encode()
        place = inner


BODIES = st.binary(max_size=200) | altered() | st.builds(lambda value: json.dumps(value).encode(), VALUES)
HEADERS = st.fixed_dictionaries(
    {"content-type": st.sampled_from(["application/json"] * 4 + ["text/html", ""])},
    optional={
        "location": TEXTS | st.just("/decisions/7"),
        "retry-after": TEXTS | st.integers().map(str),
        "date": TEXTS | st.just("Tue, 01 Dec 2026 12:00:30 GMT"),
    },
)


def require_keepable(answer: object) -> None:
    """It is one of the answers there are, and each of its texts may become a key, a log line or an address."""
    match answer:
        case Decided(accepted=accepted, rejected=rejected):
            assert accepted | rejected.keys() == {grade.key for grade in BATCH.grades}
            assert all(map(is_code, rejected.values()))
        case NotTaken() | Unknown():
            assert is_code(answer.reason)
            assert 0 <= answer.asked_s <= MAX_RETRY_AFTER_S
        case Refused() | ContractBroken() | CredentialsRefused():
            assert is_code(answer.reason)
        case InProgress():
            assert 0 < len(answer.receipt) <= 512
            assert answer.receipt.isascii()
            assert answer.receipt.isprintable()
        case HeldPage(grades=grades):
            assert all(len("".join(map(str, vars(grade).values()))) < 300 for grade in grades)
            assert answer.next_cursor is None or (0 < len(answer.next_cursor) <= 512)
        case _:
            assert answer == NeverReceived()


@settings(max_examples=600, deadline=None)
@given(
    operation=st.sampled_from([o for o in Operation if o is not Operation.LIST]),
    status=st.sampled_from(STATUSES),
    headers=HEADERS,
    body=BODIES,
)
def test_any_answer_about_a_batch_has_a_meaning(
    operation: Operation, status: int, headers: Mapping[str, str], body: bytes
) -> None:
    require_keepable(meaning_of(Response(status, headers, body), question_of(operation), BATCH_ROWS))


@settings(max_examples=400, deadline=None)
@given(status=st.sampled_from(STATUSES), headers=HEADERS, body=BODIES)
def test_any_answer_to_the_list_has_a_meaning(status: int, headers: Mapping[str, str], body: bytes) -> None:
    require_keepable(
        meaning_of(
            Response(status, headers, body),
            PageQuestion(PLACE["school_id"], PLACE["term_id"], None, 500, "/"),
            PAGE_ROWS,
        )
    )


def read_all(data: bytes, piece_bytes: int) -> Response | str:
    """What a connection's bytes, in pieces, are read as: an answer, or why not."""
    pieces = [*(data[start : start + piece_bytes] for start in range(0, len(data), piece_bytes)), b""]
    http_state = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_BYTES)
    http_state.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
    http_state.send(h11.EndOfMessage())
    try:
        return _Reading(http_state, lambda: pieces.pop(0)).response()
    except (BadAnswerError, NoAnswerError) as error:
        return error.code


SCRAPS = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.0 503 \xe9\r\n",
        b"HTTP/9.9 2 x\r\n",
        b"\r\n",
        b"\n",
        b"Content-Length: 5\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: 99999999999999\r\n",
        b": x\r\n",
        b" folded\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Content-Encoding: gzip\r\n",
        b"5\r\nhello\r\n",
        b"fffffffffff\r\n",
        b"0\r\n\r\n",
    ]
)


@settings(max_examples=600, deadline=None)
@given(
    st.lists(SCRAPS | st.binary(max_size=30), max_size=8).map(b"".join) | st.binary(max_size=300), st.integers(1, 40)
)
def test_any_bytes_are_an_answer_or_none(data: bytes, piece_bytes: int) -> None:
    found = read_all(data, piece_bytes)
    assert isinstance(found, Response) or is_code(found)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(GOOD), st.sampled_from([200, 404, 503]), st.integers(1, 400))
def test_answer_in_pieces_is_the_same_answer(body: dict[str, Any], status: int, piece_bytes: int) -> None:
    found = read_all(http(status, body), piece_bytes)
    assert isinstance(found, Response)
    assert (found.status, json.loads(found.body)) == (status, body)


@pytest.mark.parametrize("cut", [1, 20, 70, 120, -1])
def test_answer_cut_off_is_no_answer(cut: int) -> None:
    assert read_all(http(200, decision())[:cut], 1000) == "connection_lost"


def test_batchs_school_and_term_bind_every_good_answer() -> None:
    """Each good body, taken for another school's question, is refused: nothing of one school reaches another."""
    for operation in (Operation.SUBMIT, Operation.ASK, Operation.UPLOAD, Operation.RESULT, Operation.FIND):
        other = replace(question_of(operation), school_id="escuela-b")
        for status in (200, 201, 202):
            for body in GOOD[:3]:
                response = Response(status, {"content-type": "application/json"}, json.dumps(body).encode())
                assert isinstance(meaning_of(response, other, BATCH_ROWS), (ContractBroken, Unknown))
