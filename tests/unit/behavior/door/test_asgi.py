"""Refusals carry what their status asks for, and nothing of their causes."""

from __future__ import annotations

import json

from behavior.door.asgi import refusal
from behavior.errors import QueueUnavailableError
from edu.errors import LibretaError, NotFoundError
from edu.http.errors import MethodNotAllowedError, NotAuthenticatedError


def _own_headers(error: LibretaError) -> set[tuple[bytes, bytes]]:
    return set(refusal(error).headers) - set(refusal(NotFoundError()).headers)


def test_refusals_carry_the_headers_their_status_asks_for() -> None:
    assert _own_headers(QueueUnavailableError()) == {(b"retry-after", b"2")}
    assert _own_headers(NotAuthenticatedError()) == {(b"www-authenticate", b'Bearer realm="libreta"')}
    assert _own_headers(MethodNotAllowedError("POST")) == {(b"allow", b"POST")}


def test_refusal_of_the_queue_keeps_its_cause_inside() -> None:
    body = json.loads(refusal(QueueUnavailableError("http://10.0.0.7/secret")).body)
    assert "secret" not in json.dumps(body)
    assert (body["status"], body["code"]) == (503, "queue_unavailable")
