"""The simulated government's answers on the wire, byte by byte."""

from __future__ import annotations

import gzip
import hashlib
import json
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.integration.govsync.support import API_KEY
from tests.support.misbehaviour import ANSWERS, PAGES
from tests.support.raw_http import connected, head
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from tests.integration.govsync.support import Government
    from tests.support.raw_http import Connection

PAGE = "/terms/2026-q4/schools/escuela-a/grades"
ASKED = head("GET", PAGE, {"Authorization": f"Bearer {API_KEY}"})
GRADE = {"evaluation_id": "e", "student_id": "s", "version": 1, "course_id": "c", "state": "absent", "value": None}
BODY = json.dumps({"school_id": "escuela-a", "term_id": "2026-q4", "run_id": "r", "grades": [GRADE]}).encode()
SENT_WITH = {"Authorization": f"Bearer {API_KEY}", "Idempotency-Key": hashlib.sha256(BODY).hexdigest()}
PAGE_BODY: dict[str, Any] = {
    "school_id": "escuela-a",
    "term_id": "2026-q4",
    "cursor": None,
    "grades": [],
    "next_cursor": None,
}


def _whole(connection: Connection, limit_bytes: int = 1_000_000) -> bytes:
    """Everything that comes until the other side ends."""
    received = b""
    while len(received) < limit_bytes and (block := connection.socket.recv(65_536)):
        received += block
    return received


def test_answer_in_order_keeps_the_connection(simulator: Government) -> None:
    with connected(simulator.url) as connection:
        for _ in range(2):
            connection.send(ASKED)
            response, body = connection.answer()
            assert (response.status, json.loads(body)) == (200, PAGE_BODY)
            assert response.headers["Content-Type"] == "application/json"
    assert len({request["connection"] for request in simulator.requests()}) == 1


@pytest.mark.parametrize(
    ("fault", "body"),
    [
        ({"raw": "caf\u00e9"}, b"caf\xe9"),
        ({"raw": "[" * 100_000}, b"[" * 100_000),
        ({"raw": "<html>", "headers": {"Content-Type": "text/html"}}, b"<html>"),
        ({"wire": "chunked"}, json.dumps(PAGE_BODY).encode()),
        ({"pad_bytes": 200_000}, b" " * 200_000 + json.dumps(PAGE_BODY).encode()),
        ({"wire": "drip", "every_s": 0.001}, json.dumps(PAGE_BODY).encode()),
        ({"wire": "drip_head", "every_s": 0.0005}, json.dumps(PAGE_BODY).encode()),
        ({"edits": [{"at": ["next_cursor"], "set": "N"}], "replace": {'"N"': '"\u00f1"'}}, None),
        ({"status": 204}, b""),
    ],
)
def test_body_is_what_was_scripted(simulator: Government, fault: dict[str, Any], body: bytes | None) -> None:
    simulator.fail(action="answer", on="held", **fault)
    with connected(simulator.url) as connection:
        connection.send(ASKED)
        response, received = connection.answer()
        expected = json.dumps(PAGE_BODY).encode().replace(b'"next_cursor": null', b'"next_cursor": "\xf1"')
        assert received == (expected if body is None else body)
        assert response.headers["Content-Type"] == fault.get("headers", {}).get("Content-Type", "application/json")
        connection.send(ASKED)
        assert connection.status() == 200


@pytest.mark.parametrize(
    "headers",
    [{"Retry-After": "9" * 400}, {"Retry-After": "-5"}, {"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}],
)
def test_headers_are_sent_as_scripted(simulator: Government, headers: dict[str, str]) -> None:
    simulator.fail(action="status", status=429, headers={**headers, "Date": None})
    with connected(simulator.url) as connection:
        connection.send(ASKED)
        response, _ = connection.answer()
    assert (response.status, response.headers["Retry-After"]) == (429, headers["Retry-After"])
    assert response.headers["Date"] is None


def test_compressed_body_is_larger_inside(simulator: Government) -> None:
    simulator.fail(action="answer", on="held", coding="gzip", pad_bytes=5_000_000)
    with connected(simulator.url) as connection:
        connection.send(ASKED)
        response, body = connection.answer()
    assert (response.headers["Content-Encoding"], len(body) < 20_000) == ("gzip", True)
    assert len(gzip.decompress(body)) == 5_000_000 + len(json.dumps(PAGE_BODY))


def test_surplus_answer_is_the_next_questions(simulator: Government) -> None:
    simulator.fail(action="answer", on="held", surplus=1)
    with connected(simulator.url) as connection:
        for school in ("escuela-a", "escuela-b"):
            connection.send(ASKED.replace(b"escuela-a", school.encode()))
            assert json.loads(connection.answer()[1])["school_id"] == "escuela-a"
        assert json.loads(connection.answer()[1])["school_id"] == "escuela-b"


@pytest.mark.parametrize(
    ("fault", "begin"),
    [
        ({"answer": "garbage\r\n\r\n"}, b"garbage\r\n\r\n"),
        ({"preface": "HTTP/1.1 103 Early Hints\r\n\r\n"}, b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n"),
    ],
)
def test_bytes_are_sent_as_they_are(simulator: Government, fault: dict[str, Any], begin: bytes) -> None:
    simulator.fail(action="answer", on="held", **fault)
    with connected(simulator.url) as connection:
        connection.send(ASKED)
        assert _whole(connection, limit_bytes=len(begin)).startswith(begin)


@pytest.mark.parametrize("wire", ["short", "stall"])
def test_body_that_is_cut_ends_the_connection(simulator: Government, wire: str) -> None:
    simulator.fail(action="answer", on="held", wire=wire, hold_s=0.05)
    with connected(simulator.url) as connection:
        connection.send(ASKED)
        answer_head, _, body = _whole(connection).partition(b"\r\n\r\n")
    length = int(answer_head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    assert 0 < len(body) < length


def test_body_without_end_goes_on_until_its_time(simulator: Government) -> None:
    simulator.fail(action="answer", on="held", wire="endless", every_s=0, hold_s=60)
    with connected(simulator.url) as connection:
        connection.send(ASKED)
        assert len(_whole(connection, limit_bytes=3_000_000)) >= 3_000_000
    simulator.fail(action="answer", on="held", wire="endless", every_s=0.01, hold_s=0.03)
    with connected(simulator.url) as connection:
        connection.send(ASKED)
        assert not _whole(connection).endswith(b"0\r\n\r\n")


@pytest.mark.parametrize("action", ["drop", "hang"])
def test_connection_ends_without_an_answer(simulator: Government, action: str) -> None:
    simulator.fail(action=action, hold_s=0.05)
    with connected(simulator.url) as connection:
        connection.send(ASKED)
        assert connection.socket.recv(1) == b""
    assert [request["status"] for request in simulator.requests()] == [0]


def test_connection_is_broken_off(simulator: Government) -> None:
    simulator.fail(action="reset")
    with connected(simulator.url) as connection:
        connection.send(ASKED)
        with pytest.raises(ConnectionResetError):
            connection.socket.recv(1)


def test_connections_are_refused_for_a_while(simulator: Government) -> None:
    simulator.fail(action="refuse", hold_s=0.3)
    with connected(simulator.url) as connection:
        connection.send(ASKED)
        assert connection.socket.recv(1) == b""
    assert not _takes_connections(simulator)
    wait_until(lambda: _takes_connections(simulator), what="the port to be open", timeout_s=5)


def test_connections_are_refused_as_long_as_the_outage_lasts(simulator: Government) -> None:
    until = datetime.now(UTC) + timedelta(hours=1)
    with connected(simulator.url) as kept:
        simulator.set(outages=[{"to_at": until.isoformat(), "action": "refuse"}])
        assert not _takes_connections(simulator)
        kept.send(ASKED)
        assert kept.is_closed()
    simulator.set(clock_offset_s=3601)
    assert _takes_connections(simulator)
    simulator.set(outages=[{"action": "refuse"}])
    simulator.clear()
    assert _takes_connections(simulator)


def test_answers_take_their_time(simulator: Government) -> None:
    simulator.set(answer_time_s=0.1)
    simulator.fail(action="answer", on="held", delay_s=0.1)
    started = time.monotonic()
    with connected(simulator.url) as connection:
        connection.send(ASKED)
        assert connection.status() == 200
    assert 0.2 <= time.monotonic() - started < 2


def test_every_misbehaviour_goes_over_the_wire(simulator: Government) -> None:
    """As bytes or as an end; the simulator itself stays in order, whatever it sends and whoever goes away."""
    quick = {"hold_s": 0.01, "every_s": 0.001, "delay_s": 0}
    sent = httpx.post(f"{simulator.url}/batches", content=BODY, headers=SENT_WITH, trust_env=False)
    assert sent.status_code == 201
    simulator.fail_in_turn([{"on": "held", **fault, **quick} for fault in (ANSWERS | PAGES).values()])
    for _ in ANSWERS | PAGES:
        with suppress(ConnectionResetError), connected(simulator.url) as connection:
            connection.send(ASKED)
            connection.socket.recv(65_536)
        wait_until(lambda: _takes_connections(simulator), what="the port to be open")
    assert len(simulator.requests("held")) == len(ANSWERS | PAGES)
    assert "Traceback" not in simulator.process.log


def test_date_is_its_clock(simulator: Government) -> None:
    simulator.set(clock_offset_s=86_400)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    with connected(simulator.url) as connection:
        connection.send(ASKED)
        assert connection.answer()[0].headers["Date"].startswith(f"{tomorrow:%a, %d %b %Y}")
    assert abs(simulator.requests()[-1]["at_ns"] / 1e9 - time.time()) < 5  # requests are timed by the machine's


def _takes_connections(simulator: Government) -> bool:
    try:
        with connected(simulator.url):
            return True
    except ConnectionRefusedError:
        return False
