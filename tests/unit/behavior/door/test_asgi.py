"""A request's body is whole and small, or it is nothing."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from behavior.door.asgi import MAX_BODY_BYTES, ClientGoneError, Request, refusal
from behavior.errors import QueueUnavailableError
from edu.http.errors import BodyTooLargeError, MethodNotAllowedError, NotAuthenticatedError


def request_of(*messages: dict[str, Any], headers: dict[str, str] | None = None) -> Request:
    waiting = list(messages)

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    encoded = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    return Request({"method": "POST", "path": "/", "headers": encoded}, receive)


def part(body: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


GONE = {"type": "http.disconnect"}


def test_body_in_parts_is_joined() -> None:
    request = request_of(part(b"ab", more=True), part(b"", more=True), part(b"c", more=False))
    assert asyncio.run(request.body()) == b"abc"


@pytest.mark.parametrize("before", [[], [part(b"{}", more=True)]])
def test_body_of_a_client_that_hung_up_does_not_count(before: list[dict[str, Any]]) -> None:
    with pytest.raises(ClientGoneError):
        asyncio.run(request_of(*before, GONE).body())


def test_body_at_the_limit_is_read() -> None:
    assert len(asyncio.run(request_of(part(b"x" * MAX_BODY_BYTES, more=False)).body())) == MAX_BODY_BYTES


def test_body_past_the_limit_is_refused_while_reading() -> None:
    parts = [part(b"x" * MAX_BODY_BYTES, more=True), part(b"x", more=True)]  # a third read would fail: there is none
    with pytest.raises(BodyTooLargeError):
        asyncio.run(request_of(*parts).body())


def test_body_that_says_it_is_too_large_is_not_read() -> None:
    with pytest.raises(BodyTooLargeError):
        asyncio.run(request_of(headers={"content-length": str(MAX_BODY_BYTES + 1)}).body())


def test_refusals_carry_the_headers_their_status_asks_for() -> None:
    assert refusal(QueueUnavailableError()).headers == {"retry-after": "2"}
    assert refusal(NotAuthenticatedError()).headers == {"www-authenticate": 'Bearer realm="libreta"'}
    assert refusal(MethodNotAllowedError("POST")).headers == {"allow": "POST"}


def test_refusal_of_the_queue_keeps_its_cause_inside() -> None:
    body = json.loads(refusal(QueueUnavailableError("http://10.0.0.7/secret")).body)
    assert "secret" not in json.dumps(body)
    assert (body["status"], body["code"]) == (503, "queue_unavailable")
