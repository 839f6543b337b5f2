"""The door's answers, with the queue and the token check replaced by ones that do as told."""

from __future__ import annotations

import asyncio
import json
import re
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from django.test import override_settings
from structlog.contextvars import merge_contextvars

from behavior.domain.events import arrival_at
from behavior.door.application import EVENTS_PATH, MAX_BODY_BYTES, event_door
from behavior.door.authentication import Authenticator, Sender
from behavior.door.publisher import Publisher
from behavior.errors import QueueUnavailableError
from edu import clock
from edu.errors import ForbiddenError
from edu.http.errors import BusyError, NotAuthenticatedError
from edu.identity.tokens import InvalidTokenError
from tests.support.asgi import GONE, Reply, ask, part, scope_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from behavior.domain.events import Event
    from behavior.door.asgi import Request

MESSAGE = "5f0c7a3e9b5d4c1fae0d7b1c2e3f4a5b"


class OneStudent(Authenticator):
    def __init__(self, error: Exception | None = None) -> None:
        self._error = error

    async def sender_of(self, request: Request) -> Sender:  # noqa: ARG002 - the authenticator's signature
        if self._error:
            raise self._error
        return Sender("colegio-a", "est-1")


class RecordingPublisher(Publisher):
    def __init__(self, error: Exception | None = None) -> None:
        self._error = error
        self.sent: list[tuple[str, str, list[Event]]] = []

    async def publish(self, *, school_id: str, student_id: str, arrived_at: datetime, events: Sequence[Event]) -> str:
        if self._error:
            raise self._error
        assert arrived_at == arrival_at(arrived_at)
        self.sent.append((school_id, student_id, list(events)))
        return MESSAGE


def call(
    publisher: RecordingPublisher | None = None,
    authenticator: Authenticator | None = None,
    *,
    body: bytes = b"",
    method: str = "POST",
    path: str = EVENTS_PATH,
    headers: dict[str, str] | None = None,
    complete: bool = True,
) -> Reply | None:
    given = {"content-type": "application/json", "transfer-encoding": "chunked", **(headers or {})}
    arriving = [part(body, more=not complete), GONE]
    door = event_door(authenticator=authenticator or OneStudent(), publisher=publisher or RecordingPublisher())
    reply = asyncio.run(ask(door, scope_of(method, path, given), *arriving))
    return reply if reply.status else None


def answered(*args: Any, **kwargs: Any) -> Reply:
    reply = call(*args, **kwargs)
    assert reply is not None
    return reply


def event(**changes: object) -> dict[str, object]:
    made = {"event_id": str(uuid.uuid4()), "kind": "late", "occurred_at": clock.now().isoformat()}
    return made | changes


def encoded(value: object) -> bytes:
    return json.dumps(value).encode()


def test_event_is_accepted_once_it_is_in_the_queue() -> None:
    publisher = RecordingPublisher()
    sent = event(value=2.5)
    reply = answered(publisher, body=encoded(sent))
    assert (reply.status, reply.json()) == (202, {"accepted": True, "events": 1})
    ((school, student, (only,)),) = publisher.sent
    assert (school, student, only.event_id) == ("colegio-a", "est-1", sent["event_id"])


def test_list_is_accepted_whole_in_its_order() -> None:
    publisher = RecordingPublisher()
    sent = [event() for _ in range(100)]
    assert answered(publisher, body=encoded(sent)).json()["events"] == 100
    assert [one.event_id for one in publisher.sent[0][2]] == [one["event_id"] for one in sent]


@pytest.mark.parametrize("error", [QueueUnavailableError(), BusyError()])
def test_events_that_are_not_safe_are_never_accepted(error: Exception) -> None:
    reply = answered(RecordingPublisher(error), body=encoded(event()))
    assert (reply.status, reply.headers["retry-after"]) == (503, "2")
    assert reply.headers["content-type"].startswith("application/problem+json")


def test_bug_is_a_500_without_its_details() -> None:
    reply = answered(RecordingPublisher(ZeroDivisionError("secreto")), body=encoded(event()))
    assert reply.status == 500
    assert b"secreto" not in reply.body


def test_client_that_hangs_up_is_neither_answered_nor_believed() -> None:
    publisher = RecordingPublisher()
    assert call(publisher, body=encoded(event()), complete=False) is None
    assert publisher.sent == []


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"authenticator": OneStudent(NotAuthenticatedError())}, 401, "not_authenticated"),
        ({"authenticator": OneStudent(ForbiddenError())}, 403, "forbidden"),
        ({"path": "/api/v1/behaviour"}, 404, "not_found"),
        ({"path": EVENTS_PATH + "/"}, 404, "not_found"),
        ({"method": "GET"}, 405, "method_not_allowed"),
        ({"method": "POST", "path": "/healthz"}, 405, "method_not_allowed"),
        (
            {"headers": {"content-length": str(MAX_BODY_BYTES + 1), "transfer-encoding": ""}},
            413,
            "body_too_large",
        ),
        ({"body": b" " * (MAX_BODY_BYTES + 1)}, 413, "body_too_large"),
        ({"headers": {"content-type": "text/plain"}}, 415, "unsupported_media_type"),
        ({"headers": {"content-type": ""}}, 415, "unsupported_media_type"),
        ({"headers": {"content-encoding": "gzip"}}, 415, "unsupported_media_type"),
        ({"body": b""}, 400, "malformed_body"),
        ({"body": b"{"}, 400, "malformed_body"),
        ({"body": b"NaN"}, 400, "malformed_body"),
        ({"body": b"[]"}, 400, "malformed_body"),
        ({"body": b"7"}, 400, "malformed_body"),
        ({"body": b'"\xff"'}, 400, "malformed_body"),
        ({"body": b"[" * 200_000}, 400, "malformed_body"),
        ({"body": encoded([{}] * 101)}, 400, "malformed_body"),
        ({"body": b'{"kind": "late", "kind": "participation"}'}, 400, "malformed_body"),
        ({"body": b"{}"}, 422, "invalid_event"),
    ],
)
def test_what_the_door_does_not_take_is_refused_with_a_problem(changes: dict[str, Any], status: int, code: str) -> None:
    publisher = RecordingPublisher()
    reply = answered(publisher, **({"body": encoded(event())} | changes))
    assert (reply.status, reply.json()["code"]) == (status, code)
    assert publisher.sent == []


def test_event_of_thousands_of_members_holds_nobody_up() -> None:
    """It is read on the event loop; a quarter of a mebibyte took seconds of it, and was answered with megabytes."""
    body = b"{" + b",".join(b'"%d":1' % n for n in range(27_000)) + b"}"
    started = time.process_time()
    reply = answered(body=body)
    assert (reply.status, reply.json()["code"]) == (400, "malformed_body")
    assert time.process_time() - started < 0.25
    assert len(reply.body) < 1_000


def test_school_or_student_in_the_body_is_refused() -> None:
    reply = answered(body=encoded(event(school_id="colegio-b", student_id="est-2")))
    assert reply.status == 422
    assert {(e["field"], e["rule"]) for e in reply.json()["errors"]} == {
        ("school_id", "unknown_field"),
        ("student_id", "unknown_field"),
    }


def test_one_bad_event_of_a_list_names_its_place_and_stops_all() -> None:
    publisher = RecordingPublisher()
    reply = answered(publisher, body=encoded([event(), event(kind="X"), 7]))
    assert reply.status == 422
    assert [(e["field"], e["rule"]) for e in reply.json()["errors"]] == [("[1].kind", "kind"), ("[2]", "object")]
    assert publisher.sent == []


def test_correlation_id_of_the_client_comes_back_when_well_formed() -> None:
    offered = "6f1c0b52-3a6e-4d0f-9a55-0c1f2b7d8e90"
    assert answered(headers={"x-correlation-id": offered}).headers["x-correlation-id"] == offered
    named = answered(headers={"x-correlation-id": "ana-munoz-rojas"}).headers["x-correlation-id"]
    assert re.fullmatch("[0-9a-f]{32}", named)


def test_accepted_request_is_named_by_its_message_and_told_of_by_that_ones_record() -> None:
    with structlog.testing.capture_logs() as logs:
        reply = answered(body=encoded(event()))
    assert (reply.status, reply.headers["x-correlation-id"], logs) == (202, MESSAGE, [])


def test_accepted_request_with_an_id_of_its_clients_has_a_record_that_names_its_message() -> None:
    offered = "6f1c0b52-3a6e-4d0f-9a55-0c1f2b7d8e90"
    with structlog.testing.capture_logs() as logs:
        reply = answered(body=encoded(event()), headers={"x-correlation-id": offered})
    assert (reply.status, reply.headers["x-correlation-id"]) == (202, offered)
    assert [(line["event"], line["status"], line["message"]) for line in logs] == [("request", 202, MESSAGE)]


def test_refused_request_has_a_record_and_a_refused_token_its_reason_besides() -> None:
    with structlog.testing.capture_logs(processors=[merge_contextvars]) as logs:
        reply = answered(authenticator=OneStudent(InvalidTokenError("audience")), body=encoded(event()))
    refused, line = logs
    assert (refused["event"], refused["reason"]) == ("token refused", "audience")
    assert (line["event"], line["status"], line["code"]) == ("request", 401, "invalid_token")
    assert {one["correlation_id"] for one in logs} == {reply.headers["x-correlation-id"]}


def test_health_answers_without_a_token() -> None:
    assert answered(authenticator=OneStudent(NotAuthenticatedError()), method="GET", path="/healthz").body == b"ok"


@override_settings(EVENTS_A_MINUTE_OF_DEVICE=2)
def test_device_past_its_limit_is_told_to_wait_before_its_body_is_read() -> None:
    publisher = RecordingPublisher()
    door = event_door(authenticator=OneStudent(), publisher=publisher)
    headers = {"content-type": "application/json", "transfer-encoding": "chunked"}

    def post(body: bytes) -> Reply:
        return asyncio.run(ask(door, scope_of("POST", EVENTS_PATH, headers), part(body), GONE))

    assert post(json.dumps([event(), event()]).encode()).status == 202
    for body in (json.dumps(event()).encode(), b"no JSON"):
        reply = post(body)
        assert (reply.status, json.loads(reply.body)["code"]) == (429, "too_many_events")
        assert 0 < int(reply.headers["retry-after"]) <= 60
    assert len(publisher.sent) == 1
