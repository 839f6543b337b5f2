"""Senders that stop half-way, trickle, send nothing or go away, against the servers that ``make run`` starts.

While they do it, everybody else is answered: the load balancer, another school's teacher and student, a person who
signs in at the console.
"""

from __future__ import annotations

from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from edu.identity.principal import Role
from tests.integration.behavior.support import EVENTS_PATH
from tests.integration.edu.http.servers import (
    SECTIONS,
    Knocking,
    Servers,
    form_status,
    is_healthy,
    reads_sections,
    sends_event,
)
from tests.support.processes import running_server
from tests.support.raw_http import Connection, chunked, connected, exchange, head
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.cloud import Cloud

LARGE_FILE = "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": f"csrftoken={'a' * 32}"}
WRITE = f"{SECTIONS}/mat-5a/evaluations"
OPEN_PER_SENDER = 64


@pytest.fixture
def held() -> Iterator[ExitStack]:
    """Connections that stay open for the time of the test."""
    with ExitStack() as stack:
        yield stack


def _half_sent(held: ExitStack, base_url: str, path: str, headers: dict[str, str], count: int) -> list[Connection]:
    made = [held.enter_context(connected(base_url)) for _ in range(count)]
    for connection in made:
        connection.send(head("POST", path, {**headers, "Content-Length": "10000"}) + b"{")
    return made


def _assert_everybody_is_answered(servers: Servers, honest: Knocking) -> None:
    assert is_healthy(servers.web)
    assert is_healthy(servers.door)
    assert reads_sections(servers.web, honest.teacher)
    assert sends_event(servers.door, honest)
    assert form_status(servers.web) == 403


@pytest.mark.parametrize("path", ["/admin/login/", "/i18n/setlang/", "/"])
def test_slow_forms_hold_up_nobody(servers: Servers, honest: Knocking, held: ExitStack, path: str) -> None:
    slow = _half_sent(held, servers.web, path, FORM, 8)
    _assert_everybody_is_answered(servers, honest)
    assert slow[0].status() == 408


def test_slow_bodies_of_one_teacher_hold_up_nobody(
    servers: Servers, honest: Knocking, hostile: Knocking, held: ExitStack
) -> None:
    slow = _half_sent(held, servers.web, WRITE, hostile.headers(Role.TEACHER), 8)
    _assert_everybody_is_answered(servers, honest)
    assert reads_sections(servers.web, hostile.teacher)
    response, _ = slow[0].answer()
    assert (response.status, response.headers["Connection"]) == (408, "close")
    assert slow[0].is_closed()


def test_slow_events_of_one_student_hold_up_nobody(
    servers: Servers, honest: Knocking, hostile: Knocking, held: ExitStack
) -> None:
    slow = _half_sent(held, servers.door, EVENTS_PATH, hostile.headers(Role.STUDENT), 1024)
    _assert_everybody_is_answered(servers, honest)
    statuses = [connection.status() for connection in slow]
    assert statuses.count(408) <= OPEN_PER_SENDER
    assert statuses.count(408) + statuses.count(429) == 1024


def test_slow_bodies_under_made_up_tokens_hold_up_nobody(servers: Servers, honest: Knocking, held: ExitStack) -> None:
    """At the door the oldest are given up: they are not waited for until their time is over."""
    slow = [
        _half_sent(held, servers.door, EVENTS_PATH, {"Authorization": f"Bearer made.up.{n}"}, 1)[0] for n in range(600)
    ]
    _assert_everybody_is_answered(servers, honest)
    assert [connection.status() for connection in slow[:80]] == [408] * 80


def test_bodies_under_made_up_tokens_are_not_waited_for(servers: Servers, honest: Knocking, held: ExitStack) -> None:
    slow = [_half_sent(held, servers.web, WRITE, {"Authorization": f"Bearer made.up.{n}"}, 1)[0] for n in range(100)]
    _assert_everybody_is_answered(servers, honest)
    assert [connection.status() for connection in slow] == [401] * 100


def test_slow_bodies_under_made_up_sessions_hold_up_nobody(servers: Servers, honest: Knocking, held: ExitStack) -> None:
    """The oldest are given up: they are not waited for until their time is over."""
    slow = [_half_sent(held, servers.web, "/admin/login/", {"Cookie": f"sessionid=x{n}"}, 1)[0] for n in range(600)]
    _assert_everybody_is_answered(servers, honest)
    assert [connection.status() for connection in slow[:80]] == [408] * 80


@pytest.mark.parametrize("told", [True, False])
def test_trickled_body_ends_in_time(servers: Servers, hostile: Knocking, told: bool) -> None:  # noqa: FBT001
    """However often something comes: it is the whole body's time that counts."""
    framing = {"Content-Length": "10000"} if told else {"Transfer-Encoding": "chunked"}
    with connected(servers.web) as connection:
        connection.send(head("POST", WRITE, hostile.headers(Role.TEACHER) | framing))
        for _ in range(20):
            connection.send(b" " if told else b"1\r\n \r\n")
            if connection.answers_within(0.5):
                break
        assert connection.status() == 408


@pytest.mark.parametrize("door", ["web", "door"])
def test_idle_connections_hold_up_nobody(servers: Servers, honest: Knocking, held: ExitStack, door: str) -> None:
    for _ in range(1100):
        held.enter_context(connected(getattr(servers, door)))
    _assert_everybody_is_answered(servers, honest)


@pytest.mark.parametrize("door", ["web", "door"])
def test_half_heads_hold_up_nobody(servers: Servers, honest: Knocking, held: ExitStack, door: str) -> None:
    for _ in range(200):
        held.enter_context(connected(getattr(servers, door))).send(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: ")
    _assert_everybody_is_answered(servers, honest)


def test_clients_that_go_away_hold_up_nobody(servers: Servers, honest: Knocking, hostile: Knocking) -> None:
    whole = head("GET", SECTIONS, hostile.headers(Role.TEACHER))
    for _ in range(100):
        with connected(servers.web) as half, connected(servers.web) as unanswered:
            half.send(head("POST", WRITE, hostile.headers(Role.TEACHER) | {"Content-Length": "50"}) + b"{")
            unanswered.send(whole)
    _assert_everybody_is_answered(servers, honest)


def test_readers_that_take_nothing_hold_up_nobody_and_are_cut_off(
    servers: Servers, honest: Knocking, held: ExitStack
) -> None:
    """A megabyte and a half each, which nobody has to sign in for; past 64 MiB they are told to come again."""
    before_kib = _resident_kib(servers.web_pid)
    slow = [held.enter_context(connected(servers.web, receive_bytes=4096)) for _ in range(150)]
    for connection in slow:
        connection.send(head("GET", LARGE_FILE))
    _assert_everybody_is_answered(servers, honest)
    assert _resident_kib(servers.web_pid) - before_kib < 150 * 1024
    wait_until(lambda: all(connection.is_cut_off() for connection in slow), what="the readers to be cut off")


def test_large_upload_refused_before_it_is_read(servers: Servers) -> None:
    upload = {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": str(20 * 1024 * 1024)}
    response, _ = exchange(servers.web, head("POST", "/admin/login/", FORM | upload) + b"x" * 100)
    assert response.status == 413
    assert list(servers.temporary.iterdir()) == []


def test_multipart_form_refused(servers: Servers) -> None:
    upload = {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": "3"}
    response, _ = exchange(servers.web, head("POST", "/admin/login/", FORM | upload) + b"abc")
    assert response.status == 415


@pytest.mark.parametrize("body", [b"x" * 100_000, chunked(b"x" * 100_000)])
def test_large_form_refused(servers: Servers, body: bytes) -> None:
    framing = {"Content-Length": str(len(body))} if body.startswith(b"x") else {"Transfer-Encoding": "chunked"}
    response, _ = exchange(servers.web, head("POST", "/admin/login/", FORM | framing) + body)
    assert response.status == 413


def _resident_kib(pid: int) -> int:
    """The memory of a process and its children (proc(5))."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    own = next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))
    return own + sum(_resident_kib(int(child)) for child in children)


CONNECTIONS = 8
SERVERS = ["edu.web:app", "behavior.door:app"]


@pytest.mark.parametrize("application", SERVERS)
def test_idle_connections_make_room_in_time(cloud: Cloud, application: str, held: ExitStack) -> None:
    options = ("--backpressure", str(CONNECTIONS))
    server = running_server(cloud, application=application, interface="asgi", options=options)
    with server as (_, base_url):
        for _ in range(CONNECTIONS):
            held.enter_context(connected(base_url))
        wait_until(lambda: _answers(base_url), what="room for a request", timeout_s=60)


def _answers(base_url: str) -> bool:
    try:
        return is_healthy(base_url)
    except httpx.TransportError:
        return False


def test_connection_is_kept_for_the_next_request(servers: Servers, hostile: Knocking) -> None:
    """After a body, too."""
    connection = HTTPConnection(servers.web.removeprefix("http://"), timeout=5)
    sockets = set()
    with closing(connection):
        for _ in range(3):
            connection.request("GET", "/healthz")
            assert connection.getresponse().read() == b"ok"
            sockets.add(connection.sock)
            connection.request("POST", WRITE, b"{}", hostile.headers(Role.TEACHER))
            assert connection.getresponse().read()
            sockets.add(connection.sock)
    assert len(sockets) == 1
    assert None not in sockets
