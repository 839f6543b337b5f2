"""The front's answers, and what the application behind it gets to see."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Any

import pytest
from structlog.contextvars import get_contextvars
from structlog.testing import capture_logs

from edu.errors import NotFoundError
from edu.http.front.application import Front
from edu.http.front.limits import Limits
from tests.support.asgi import GONE, Reply, ask, part, scope_of

if TYPE_CHECKING:
    from edu.http.front.application import Scope
    from edu.http.front.bodies import Receive
    from edu.http.front.refusals import Send

LIMITS = Limits(head_bytes=2000, body_bytes=100, body_s=0.05, open_per_sender=1, refusal_s=0.01)
CHUNKED = {"transfer-encoding": "chunked"}


class Recording:
    """Keeps the bodies it gets, and answers 200 or raises."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error, self.bodies = error, list[bytes]()

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        self.bodies.append((await receive())["body"])
        if self.error:
            raise self.error
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})


def asked(application: Any, scope: Scope, *messages: dict[str, Any]) -> Reply:
    return asyncio.run(ask(Front(application, LIMITS, pages=True, tokens=True), scope, *messages))


def test_application_gets_a_whole_body_in_one_message() -> None:
    application = Recording()
    reply = asked(application, scope_of("POST", headers=CHUNKED), part(b"a", more=True), part(b"b"))
    assert (reply.status, application.bodies) == (200, [b"ab"])


@pytest.mark.parametrize(
    ("headers", "messages", "status", "code"),
    [
        ({"x": "y" * 2000}, [], 431, "head_too_large"),
        ({"content-length": "101"}, [], 413, "body_too_large"),
        (CHUNKED, [part(b"x" * 101)], 413, "body_too_large"),
        ({"content-length": "5"}, [part(b"x", more=True)], 408, "body_timeout"),
        (CHUNKED, [part(b"x", more=True)], 408, "body_timeout"),
    ],
)
def test_what_is_not_taken_is_a_problem_and_the_application_never_sees_it(
    headers: dict[str, str], messages: list[dict[str, Any]], status: int, code: str
) -> None:
    application = Recording()
    reply = asked(application, scope_of("POST", "/api/v1/x", headers), *messages)
    assert (reply.status, reply.json()["code"]) == (status, code)
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["correlation_id"] == reply.headers["x-correlation-id"]
    assert reply.headers["connection"] == "close"
    assert application.bodies == []


@pytest.mark.parametrize(("language", "title"), [("es", "demasiado grande"), ("en", "too large")])
def test_person_at_the_console_gets_a_page_in_their_language(language: str, title: str) -> None:
    headers = {"content-length": "101", "accept-language": language}
    reply = asked(Recording(), scope_of("POST", "/admin/login/", headers))
    assert reply.status == 413
    assert title in reply.body.decode()
    assert "default-src 'none'" in reply.headers["content-security-policy"]


def test_error_that_the_application_leaves_to_the_front_is_a_problem() -> None:
    reply = asked(Recording(NotFoundError()), scope_of("GET", "/api/v1/x"))
    assert (reply.status, reply.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("token", ["x", "a.b.c", "", "x" * 9000])
def test_bad_token_is_refused_before_its_body_is_waited_for(token: str) -> None:
    application, headers = Recording(), {"authorization": f"Bearer {token}", "content-length": "5"}
    with capture_logs() as logs:
        reply = asyncio.run(ask(Front(application, Limits(), tokens=True), scope_of("POST", "/api/v1/x", headers)))
    assert (reply.status, reply.json()["code"]) == (401, "invalid_token")
    assert reply.headers["www-authenticate"].startswith("Bearer")
    assert application.bodies == []
    assert [line["event"] for line in logs] == ["token refused", "request refused"]
    assert not token or token not in str(logs)


@pytest.mark.parametrize("path", ["/admin/", "/static/a.css"])
def test_token_outside_the_api_is_nobodys_business(path: str) -> None:
    assert asked(Recording(), scope_of("GET", path, {"authorization": "Bearer x"})).status == 200


def test_token_that_needs_the_pools_keys_first_is_left_to_the_application() -> None:
    header = base64.urlsafe_b64encode(b'{"alg":"RS256","kid":"k"}').decode().rstrip("=")
    assert (
        asked(Recording(), scope_of("GET", "/api/v1/x", {"authorization": f"Bearer {header}.e30.AAAA"})).status == 200
    )


def test_client_that_hangs_up_is_not_answered() -> None:
    application = Recording()
    assert asked(application, scope_of("POST", headers=CHUNKED), part(b"x", more=True), GONE).status == 0
    assert application.bodies == []


def test_sender_with_a_request_open_is_asked_to_come_again_and_health_is_told() -> None:
    async def scenario() -> tuple[Reply, Reply, Reply]:
        front, token = Front(Recording(), LIMITS), {"authorization": "Bearer x"}
        open_ = asyncio.ensure_future(ask(front, scope_of("POST", headers={**token, "content-length": "5"})))
        await asyncio.sleep(0)
        refused = await ask(front, scope_of("GET", "/api/v1/x", token))
        health = await ask(front, scope_of("GET", "/healthz", token))
        await open_
        return refused, health, await ask(front, scope_of("GET", "/x", token))

    refused, health, later = asyncio.run(scenario())
    assert (refused.status, refused.headers["retry-after"]) == (429, "2")
    assert refused.json()["code"] == "too_many_open_requests"
    assert (health.status, health.body) == (200, b"ok")
    assert later.status == 200


@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("HEAD", 200), ("POST", 405), ("BREW", 405)])
def test_health_is_told_without_the_application_whatever_the_host(method: str, status: int) -> None:
    application = Recording()
    reply = asked(application, scope_of(method, "/healthz", {"host": "10.0.3.7:8000"}))
    assert reply.status == status
    assert application.bodies == []
    assert reply.body == b"ok" if status == 200 else reply.headers["allow"] == "GET, HEAD"


def test_refusal_is_one_line_without_the_path_and_nothing_stays_bound() -> None:
    async def bound_after_asking() -> dict[str, Any]:
        scope = scope_of("POST", "/api/v1/students/ana-munoz", {"content-length": "101"})
        await ask(Front(Recording(), LIMITS), scope)
        return get_contextvars()

    with capture_logs() as logs:
        bound = asyncio.run(bound_after_asking())
    [line] = logs
    assert (line["event"], line["status"], line["code"]) == ("request refused", 413, "body_too_large")
    assert "ana-munoz" not in str(line)
    assert bound == {}


def test_start_and_end_of_the_server_are_handed_on() -> None:
    seen: list[str] = []

    async def application(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope["type"])

    asyncio.run(ask(Front(application, LIMITS), {"type": "lifespan"}))
    assert seen == ["lifespan"]
