"""Where a request ends: a body in chunks is like any other, and what could be read in two ways is read in one."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from edu.http.docs import contract
from edu.identity.principal import Role
from tests.integration.behavior.support import EVENTS_PATH, make_event
from tests.integration.edu.http.servers import SECTIONS, Knocking, Servers, is_healthy
from tests.support.raw_http import chunked, connected, exchange, head

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.edu.http.conftest import Place

WRITES = ("post", "put", "patch", "delete")
CHUNKED = {"Transfer-Encoding": "chunked"}
MEBIBYTE = 1_048_576


def _writes() -> Iterator[tuple[str, str]]:
    for path, methods in contract()["paths"].items():
        for method in WRITES:
            if method in methods:
                yield method.upper(), path


def _send(
    base_url: str, token: str, method: str, path: str, body: bytes, *, in_chunks: bool, **headers: str
) -> httpx.Response:
    """A write, its body told by length or in chunks of seven bytes."""
    given = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Idempotency-Key": uuid.uuid4().hex,
    }
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    content: Any = (body[at : at + 7] for at in range(0, len(body), 7)) if in_chunks else body
    return httpx.request(method, base_url + path, content=content, headers=given, timeout=10, trust_env=False)


def _told(response: httpx.Response) -> tuple[int, dict[str, Any]]:
    body = response.json()
    body.pop("correlation_id", None)
    return response.status_code, body


@pytest.mark.parametrize(("method", "path"), list(_writes()))
def test_every_write_reads_a_body_in_chunks(servers: Servers, place: Place, method: str, path: str) -> None:
    """Both framings are answered alike: whoever may write is told that it is no JSON, which no body would not be."""
    ids = {"section_id": "mat-5a", "evaluation_id": place.evaluation_id, "student_id": "student-001"}
    ids |= {"term_id": "term-open", "school_id": place.school.school_id, "assignment_id": "a-1"}
    address = path.format(**ids)
    tokens = [Knocking.sign_in(place.school, role) for role in (Role.TEACHER, Role.SCHOOL_ADMIN, Role.STUDENT)]
    base_url = servers.door if address == EVENTS_PATH else servers.web
    codes = set[str]()
    for token in tokens:
        told = [
            _told(_send(base_url, token, method, address, b"{", in_chunks=way, If_Match='"1"')) for way in (False, True)
        ]
        assert told[0] == told[1]
        codes.add(told[1][1]["code"])
    assert "malformed_body" in codes


@pytest.mark.parametrize("pieces", [1, 3, 500])
def test_evaluation_in_chunks_is_stored_whole(servers: Servers, place: Place, pieces: int) -> None:
    title = f"En trozos {uuid.uuid4().hex[:6]}"
    body = json.dumps({**place.exam, "title": title}).encode() + b" " * 500
    size = len(body) // pieces + 1
    headers = {"Authorization": f"Bearer {place.teacher.token}", "Content-Type": "application/json"}
    request = head(
        "POST", f"{SECTIONS}/mat-5a/evaluations", {**headers, **CHUNKED, "Idempotency-Key": uuid.uuid4().hex}
    )
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    sent = chunked(*parts, extension=b';note="a;b"', trailers=b"X-Checksum: 1\r\n")
    response, answer = exchange(servers.web, request + sent)
    assert response.status == 201, answer
    assert json.loads(answer)["title"] == title


def test_reason_in_chunks_is_kept_where_a_body_is_optional(servers: Servers, place: Place) -> None:
    created = _send(
        servers.web,
        place.teacher.token,
        "POST",
        f"{SECTIONS}/mat-5a/evaluations",
        json.dumps(place.exam).encode(),
        in_chunks=False,
    ).json()
    path = f"/api/v1/evaluations/{created['evaluation_id']}"
    long_reason = json.dumps({"reason": "x" * 1000}).encode()
    refused = _send(servers.web, place.teacher.token, "DELETE", path, long_reason, in_chunks=True, If_Match='"1"')
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "reason")
    reason = json.dumps({"reason": "Duplicada"}).encode()
    deleted = _send(servers.web, place.teacher.token, "DELETE", path, reason, in_chunks=True, If_Match='"1"')
    assert deleted.status_code == 204


def test_other_body_in_chunks_under_one_key_is_another_request(servers: Servers, place: Place) -> None:
    key = uuid.uuid4().hex
    bodies = [json.dumps({**place.exam, "title": title}).encode() for title in ("Una", "Una", "Otra")]
    path = f"{SECTIONS}/mat-5a/evaluations"
    answers = [
        _send(servers.web, place.teacher.token, "POST", path, body, in_chunks=True, Idempotency_Key=key)
        for body in bodies
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 422]
    assert answers[0].content == answers[1].content


def test_event_in_chunks_is_taken(servers: Servers, honest: Knocking) -> None:
    body = json.dumps(make_event()).encode()
    answer = _send(servers.door, honest.student, "POST", EVENTS_PATH, body, in_chunks=True)
    assert (answer.status_code, answer.json()["events"]) == (202, 1)


@pytest.mark.parametrize(
    "body",
    [
        chunked(b"x" * (MEBIBYTE + 1)),
        chunked(*[b"x" * 65_536] * 17),
        b"%x\r\n" % (2**40) + b"x" * (MEBIBYTE + 1),
        b"1\r\nx\r\n" * 3000,
    ],
    ids=["one chunk", "many chunks", "a chunk of a tebibyte", "3,000 chunks of a byte"],
)
@pytest.mark.parametrize("door", ["web", "door"])
def test_body_in_chunks_without_end_is_too_large(servers: Servers, hostile: Knocking, door: str, body: bytes) -> None:
    role, path = (Role.TEACHER, f"{SECTIONS}/mat-5a/evaluations") if door == "web" else (Role.STUDENT, EVENTS_PATH)
    response, _ = exchange(getattr(servers, door), head("POST", path, hostile.headers(role) | CHUNKED) + body)
    assert response.status == 413


@pytest.mark.parametrize(
    "framing",
    [
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5, 6",
        "Content-Length: +5",
        "Content-Length: -5",
        "Content-Length: 0x5",
        "Content-Length: 5 5",
        "Content-Length: 99999999999999999999",
        "Content-Length:",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding : chunked",
        "Content-Length : 5",
        " Transfer-Encoding: chunked",
        "X: y\r\n Transfer-Encoding: chunked",
        "X\0: y",
        "X: y\0",
    ],
)
@pytest.mark.parametrize("door", ["web", "door"])
def test_framing_of_two_meanings_is_a_bad_request(servers: Servers, door: str, framing: str) -> None:
    with connected(getattr(servers, door)) as connection:
        connection.send(b"POST /api/v1/sections HTTP/1.1\r\nHost: a\r\n" + framing.encode() + b"\r\n\r\nhello")
        assert connection.status() == 400
        assert connection.is_closed()


@pytest.mark.parametrize("door", ["web", "door"])
@pytest.mark.parametrize("length_first", [True, False])
def test_length_beside_chunks_smuggles_nothing(servers: Servers, door: str, length_first: bool) -> None:  # noqa: FBT001
    """The server goes by the chunks alone and then closes (RFC 9112, 6.3): what follows is nobody's request."""
    smuggled = head("GET", "/healthz")
    framing = ["Content-Length: 5", "Transfer-Encoding: chunked"]
    lines = "\r\n".join(framing if length_first else framing[::-1])
    with connected(getattr(servers, door)) as connection:
        connection.send(
            f"POST /api/v1/nowhere HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}\r\n\r\n0\r\n\r\n".encode() + smuggled
        )
        assert connection.status() in {400, 404}
        assert connection.is_closed()


def test_chunks_before_http_1_1_are_a_bad_request(servers: Servers) -> None:
    data = head("POST", SECTIONS, CHUNKED, version="1.0") + chunked(b"{}")
    assert exchange(servers.web, data)[0].status == 400


@pytest.mark.parametrize(
    "broken", [b"x\r\n\r\n", b"-1\r\n\r\n", b"1\r\nab\r\n0\r\n\r\n", b"1 \x00\r\na\r\n", b"f" * 17]
)
def test_broken_chunks_are_never_a_body(servers: Servers, place: Place, broken: bytes) -> None:
    headers = {"Authorization": f"Bearer {place.teacher.token}", "Content-Type": "application/json", **CHUNKED}
    with connected(servers.web) as connection:
        connection.send(head("POST", f"{SECTIONS}/mat-5a/evaluations", headers) + broken)
        data = connection.socket.recv(65_536)
        assert not data.startswith(b"HTTP/1.1 2")
    assert is_healthy(servers.web)


def test_client_that_asks_first_is_told_to_go_on(servers: Servers, place: Place) -> None:
    body = json.dumps(place.exam).encode()
    headers = {"Authorization": f"Bearer {place.teacher.token}", "Content-Type": "application/json"}
    headers |= {"Content-Length": str(len(body)), "Idempotency-Key": uuid.uuid4().hex, "Expect": "100-continue"}
    with connected(servers.web) as connection:
        connection.send(head("POST", f"{SECTIONS}/mat-5a/evaluations", headers))
        assert connection.socket.recv(1024) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.send(body)
        assert connection.status() == 201


def test_client_that_asks_first_with_too_much_is_not_told_to_go_on(servers: Servers) -> None:
    headers = {"Content-Length": str(MEBIBYTE + 1), "Expect": "100-continue"}
    response, _ = exchange(servers.web, head("POST", SECTIONS, headers))
    assert response.status == 413


@pytest.mark.parametrize(("door", "path"), [("web", "/healthz"), ("web", "/api/v1/schema"), ("door", "/healthz")])
def test_head_has_no_body_and_its_length(servers: Servers, door: str, path: str) -> None:
    base_url = getattr(servers, door)
    length = len(exchange(base_url, head("GET", path))[1])
    with connected(base_url) as connection:
        connection.send(head("HEAD", path) + head("GET", "/healthz"))
        response, body = connection.answer("HEAD")
        assert (response.status, body, int(response.headers["Content-Length"])) == (200, b"", length)
        assert connection.answer()[1] == b"ok"


@pytest.mark.parametrize("door", ["web", "door"])
def test_requests_in_one_packet_are_answered_in_order(servers: Servers, door: str) -> None:
    with_body = head("POST", "/api/v1/nowhere", {"Content-Length": "2"}) + b"{}"
    in_chunks = head("POST", "/api/v1/nowhere", CHUNKED) + chunked(b"{", b"}")
    with connected(getattr(servers, door)) as connection:
        connection.send(head("GET", "/healthz") + with_body + in_chunks + head("GET", "/healthz"))
        assert [connection.status() for _ in range(4)] == [200, 404, 404, 200]
