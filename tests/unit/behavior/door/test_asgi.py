"""Refusals carry what their status asks for, and nothing of their causes."""

from __future__ import annotations

import json

from behavior.door.asgi import refusal
from behavior.errors import QueueUnavailableError
from edu.http.errors import MethodNotAllowedError, NotAuthenticatedError


def test_refusals_carry_the_headers_their_status_asks_for() -> None:
    assert refusal(QueueUnavailableError()).headers == {"retry-after": "2"}
    assert refusal(NotAuthenticatedError()).headers == {"www-authenticate": 'Bearer realm="libreta"'}
    assert refusal(MethodNotAllowedError("POST")).headers == {"allow": "POST"}


def test_refusal_of_the_queue_keeps_its_cause_inside() -> None:
    body = json.loads(refusal(QueueUnavailableError("http://10.0.0.7/secret")).body)
    assert "secret" not in json.dumps(body)
    assert (body["status"], body["code"]) == (503, "queue_unavailable")
