"""One request, one connection, one deadline: what a government may do on the wire, over real sockets."""

from __future__ import annotations

import gzip
import json
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from edu.errors import UnavailableError
from govsync.client import FixedKey, government_at
from govsync.domain.answers import ContractBroken, Decided, HeldPage, NotTaken, Refused, Unknown
from govsync.domain.rights import lent
from tests.support.ports import free_port
from tests.support.scripted_server import scripted_server
from tests.unit.govsync.client.support import (
    BATCH,
    BODY,
    KEY,
    PLACE,
    decision,
    held,
    http,
    page,
    refusal,
    saying,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from govsync.client import Exchange
    from govsync.domain.answers import BatchAnswer, PageAnswer
    from tests.unit.govsync.client.conftest import Serve

LIMIT_S, MARGIN_S = 0.5, 0.5
MAX_GROWTH_KIB = 24_000


def submit(url: str) -> Exchange[BatchAnswer]:
    return government_at(url, FixedKey(KEY)).submit(BATCH, BODY, **PLACE)


def list_held(url: str, school_id: str = PLACE["school_id"]) -> Exchange[PageAnswer]:
    return government_at(url, FixedKey(KEY)).list_held(school_id=school_id, term_id=PLACE["term_id"], cursor=None)


def ask(url: str) -> Exchange[BatchAnswer]:
    return government_at(url, FixedKey(KEY)).ask(BATCH, **PLACE)


CALLS: dict[str, Callable[[str], Exchange[Any]]] = {"submit": submit, "ask": ask, "list": list_held}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exchanges end after half a second."""
    monkeypatch.setattr("govsync.client.transport.EXCHANGE_LIMIT_S", LIMIT_S)


def dripping(data: bytes, every_s: float, *, at_once: int) -> Callable[[socket.socket], None]:
    """Some bytes at once, and the others one by one."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(data[:at_once])
        for position in range(at_once, len(data)):
            time.sleep(every_s)
            connection.sendall(data[position : position + 1])

    return answer


def test_batch_is_sent_as_agreed(serve: Serve) -> None:
    server = serve(saying(http(201, decision())))
    exchange = submit(f"{server.url}/api/")
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert body == BODY
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /api/batches HTTP/1.1"
    assert {line.lower() for line in lines[1:]} == {
        f"host: {server.url.removeprefix('http://')}",
        f"content-length: {len(BODY)}",
        "connection: close",
        "accept: application/json",
        "user-agent: libreta-govsync",
        "content-type: application/json",
        f"idempotency-key: {BATCH.batch_id}",
        f"authorization: bearer {KEY}",
    }
    assert (exchange.status, exchange.asked_of, exchange.request_sha256) == (201, "submit", BATCH.batch_id)
    assert isinstance(exchange.answer, Decided)
    assert exchange.response_sha256 is not None


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("place", ["head", "body", "nothing"])
def test_byte_now_and_then_does_not_outlast_the_exchange(serve: Serve, call: str, place: str) -> None:
    whole = http(201, b" " * 2_000)
    at_once = {"head": 0, "body": 80, "nothing": 0}[place]
    server = serve(dripping(whole, 0.05 if place != "nothing" else 3.0, at_once=at_once))
    began = time.monotonic()
    exchange = CALLS[call](server.url)
    assert exchange.answer == Unknown("timeout")
    assert LIMIT_S <= time.monotonic() - began < LIMIT_S + MARGIN_S


@pytest.mark.usefixtures("impatient")
def test_server_that_reads_nothing_does_not_outlast_the_exchange() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        began = time.monotonic()
        exchange = submit(f"http://127.0.0.1:{deaf.getsockname()[1]}")
        assert exchange.answer == Unknown("timeout")
        assert time.monotonic() - began < LIMIT_S + MARGIN_S


def test_what_stands_around_a_body_is_bounded_too(serve: Serve) -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\n"
    good = http(201, decision())
    assert isinstance(submit(serve(saying(interim * 3 + good)).url).answer, Decided)
    assert submit(serve(saying(interim * 90_000 + good)).url).answer == ContractBroken("oversized_answer")


def test_refused_connection_is_not_sent() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    expected = {"submit": NotTaken("not_connected"), "ask": Unknown("not_connected"), "list": NotTaken("not_connected")}
    for name, call in CALLS.items():
        exchange = call(url)
        assert (exchange.status, exchange.answer, exchange.response_sha256) == (None, expected[name], None)
        assert exchange.asked_of == name


def test_unknown_host_is_not_sent() -> None:
    assert submit("http://no-such-host.invalid").answer == NotTaken("name_not_found")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 201", http(201, decision())[:-1], http(503, refusal())[:-9]])
def test_connection_lost_once_the_request_left_leaves_it_open(serve: Serve, call: str, sent: bytes) -> None:
    server = serve(saying(sent))
    assert CALLS[call](server.url).answer == Unknown("connection_lost")


def test_answer_of_who_closed_before_all_was_sent_is_read(serve: Serve) -> None:
    server = serve(saying(http(413, refusal("too_large"))))
    assert submit(server.url).answer == Refused("too_large")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"\x16\x03\x01\x02\x00\x01", "malformed_http"),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "malformed_http"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", "malformed_http"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "malformed_http"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "malformed_http"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "malformed_http"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n", "malformed_http"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000, "malformed_http"),
        (http(200, gzip.compress(json.dumps(decision()).encode()), "Content-Encoding: gzip"), "coded_body"),
        (http(200, b"{}", "Content-Encoding: br"), "coded_body"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n", "oversized_answer"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 1_048_577, "oversized_answer"),
    ],
)
def test_what_is_not_http_as_agreed_breaks_the_contract(serve: Serve, call: str, sent: bytes, reason: str) -> None:
    server = serve(saying(sent))
    exchange = CALLS[call](server.url)
    assert (exchange.answer, exchange.response_sha256) == (ContractBroken(reason), None)


def test_body_up_to_the_limit_is_read_however_it_comes(serve: Serve) -> None:
    body = json.dumps(decision()).encode().ljust(1_048_576)
    chunks = b"".join(b"10000\r\n%s\r\n" % body[start : start + 65_536] for start in range(0, len(body), 65_536))
    kind = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    for whole in (
        http(200, body),
        kind + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n",
        kind + b"\r\n" + body,
    ):
        assert isinstance(submit(serve(saying(whole)).url).answer, Decided)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_not_followed(serve: Serve, status: int) -> None:
    elsewhere = serve(saying(http(200, decision())))
    server = serve(saying(http(status, b"", f"Location: {elsewhere.url}/batches")))
    assert submit(server.url).answer == Unknown(f"http_{status}")
    assert elsewhere.connections == 0


def test_proxy_of_the_environment_is_not_used(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, server = serve(saying(http(200, decision()))), serve(saying(http(201, decision())))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy.url)
    assert submit(server.url).status == 201
    assert proxy.connections == 0


def test_surplus_answer_is_nobodys(serve: Serve) -> None:
    """The page that a connection has left over for the next question is another school's: it is never read."""
    others = http(200, page(held(student_id="s-of-another")))
    server = serve(saying(others + others))
    assert isinstance(list_held(server.url).answer, HeldPage)
    assert list_held(server.url, "escuela-b").answer == ContractBroken("answers_another_question")
    assert server.connections == 2


def test_answer_before_the_question_is_bound_to_it_all_the_same(serve: Serve) -> None:
    server = serve(saying(http(200, page(held(), school_id="escuela-z"))))
    assert list_held(server.url).answer == ContractBroken("answers_another_question")


class LostError(UnavailableError):
    """A worker's lane is not certainly its own any more."""


def test_nothing_is_sent_without_the_right_to_it(serve: Serve) -> None:
    server = serve(saying(http(201, decision())))

    def refuse() -> None:
        raise LostError

    with lent(refuse), pytest.raises(LostError):
        submit(server.url)
    assert server.requests == []


_MEASURE = """
import os, resource, sys
import tests.environment, django
django.setup()
from tests.unit.govsync.client.test_transport import submit
def peak_kib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for kind in sys.argv[2:]:
    if not os.fork():
        submit(sys.argv[1] + "/warm")
        before = peak_kib()
        print(submit(f"{sys.argv[1]}/{kind}").answer.reason, peak_kib() - before, flush=True)
        os._exit(0)
    os.wait()
"""
ENDLESS = {
    "megabytes": "oversized_answer",
    "chunks": "oversized_answer",
    "bomb": "coded_body",
    "deep": "unreadable_answer",
    "wide": "not_as_agreed",
}


@pytest.fixture(scope="module")
def measured() -> dict[str, tuple[str, int]]:
    """Why each answer was refused and by how many KiB it raised the peak, each in a process of its own."""
    block = b" " * 1_000_000
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    scripts = {
        "warm": saying(http(200, b"{}")),
        "megabytes": saying(head, b"\r\n", *[block] * 100),
        "chunks": saying(head, b"Transfer-Encoding: chunked\r\n\r\n", *[b"f4240\r\n%s\r\n" % block] * 100),
        "bomb": saying(http(200, gzip.compress(block * 100), "Content-Encoding: gzip")),
        "deep": saying(http(200, b"[" * 1_000_000)),
        "wide": saying(http(200, b"[" + b"1," * 500_000 + b"1]")),
    }

    def answer(connection: socket.socket) -> None:
        scripts[server.requests[-1].split(b"/")[1].decode()](connection)

    with scripted_server(answer) as server:
        command = [sys.executable, "-c", _MEASURE, server.url, *ENDLESS]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    found = (line.split() for line in done.stdout.splitlines())
    return {kind: (reason, int(kib)) for kind, (reason, kib) in zip(ENDLESS, found, strict=True)}


@pytest.mark.parametrize("kind", ENDLESS)
def test_memory_is_bounded_whatever_comes(measured: dict[str, tuple[str, int]], kind: str) -> None:
    """Measured in a process of its own: its peak, beside that of a small answer."""
    reason, growth_kib = measured[kind]
    assert reason == ENDLESS[kind]
    assert growth_kib < MAX_GROWTH_KIB
