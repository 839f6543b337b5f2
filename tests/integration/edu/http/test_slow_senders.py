"""Senders that stop half-way, send too much or send nothing, against the server that ``make run`` starts."""

from __future__ import annotations

import socket
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import httpx
import pytest

from edu.identity.principal import Role
from tests.integration.evaluations.conftest import account_of
from tests.support.processes import running_server
from tests.support.tokens import id_token_of
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.cloud import Cloud
    from tests.support.schools import TestSchool

THREADS = 4
TIMEOUT_S = 5.0
TRIES = 3


@pytest.fixture
def web(cloud: Cloud, tmp_path: Path) -> Iterator[str]:
    server = running_server(cloud, application="edu.wsgi:application", interface="wsgi", TMPDIR=str(tmp_path))
    with server as (_, base_url):
        yield base_url


def _head(path: str, kind: str, length: int) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: csrftoken={'a' * 32}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


@contextmanager
def _connected(base_url: str) -> Iterator[socket.socket]:
    address = ("127.0.0.1", int(base_url.rpartition(":")[2]))
    with socket.create_connection(address, timeout=TIMEOUT_S) as connection:
        yield connection


def _status(connection: socket.socket) -> int:
    return int(connection.recv(64).split()[1])


def _answers_within_tries(url: str, **headers: str) -> bool:
    for _ in range(TRIES):
        try:
            if httpx.get(url, headers=headers, timeout=TIMEOUT_S, trust_env=False).is_success:
                return True
        except httpx.TransportError:
            continue
    return False


@pytest.mark.parametrize("path", ["/admin/login/", "/i18n/setlang/", "/"])
def test_slow_forms_leave_threads_for_everybody_else(web: str, school: TestSchool, path: str) -> None:
    token = id_token_of(account_of(school, Role.TEACHER, "teacher-1"))
    with ExitStack() as stack:
        for _ in range(THREADS):
            sender = stack.enter_context(_connected(web))
            sender.sendall(_head(path, "application/x-www-form-urlencoded", 10_000) + b"x")
        assert _answers_within_tries(f"{web}/healthz")
        assert _answers_within_tries(f"{web}/api/v1/sections", Authorization=f"Bearer {token}")
        late = httpx.post(f"{web}/admin/login/", data={"username": "x"}, timeout=TIMEOUT_S, trust_env=False)
        assert (late.status_code, late.headers["Retry-After"]) == (503, "2")
    wait_until(
        lambda: httpx.post(f"{web}/admin/login/", data={"username": "x"}, trust_env=False).status_code == 403,
        what="forms to be read again once the senders are gone",
    )


def test_large_upload_refused_before_it_is_read(web: str, tmp_path: Path) -> None:
    with _connected(web) as sender:
        sender.sendall(_head("/admin/login/", "multipart/form-data; boundary=x", 20 * 1024 * 1024))
        assert _status(sender) == 415
    assert list(tmp_path.iterdir()) == []


def test_large_form_refused_before_it_is_read(web: str) -> None:
    with _connected(web) as sender:
        sender.sendall(_head("/admin/login/", "application/x-www-form-urlencoded", 100_000))
        assert _status(sender) == 413


CONNECTIONS = 8
SERVERS = [("edu.wsgi:application", "wsgi"), ("behavior.door:app", "asgi")]


@pytest.mark.parametrize(("application", "interface"), SERVERS)
def test_idle_connections_make_room_in_time(cloud: Cloud, application: str, interface: str) -> None:
    options = ("--backpressure", str(CONNECTIONS))
    with (
        running_server(cloud, application=application, interface=interface, options=options) as (_, base_url),
        ExitStack() as stack,
    ):
        for _ in range(CONNECTIONS):
            stack.enter_context(_connected(base_url))
        wait_until(lambda: _answers_within_tries(f"{base_url}/healthz"), what="room for a request", timeout_s=60)


def test_connection_is_kept_for_the_next_request(web: str) -> None:
    connection = HTTPConnection(web.removeprefix("http://"), timeout=TIMEOUT_S)
    sockets = set()
    with closing(connection):
        for _ in range(3):
            connection.request("GET", "/healthz")
            assert connection.getresponse().read() == b"ok"
            sockets.add(connection.sock)
    assert len(sockets) == 1
    assert None not in sockets
