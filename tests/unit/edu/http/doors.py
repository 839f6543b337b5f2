"""One request asked of both doors: the API's (the view ``Taking``), through all its middleware, and the event door."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from behavior.door.application import EVENTS_PATH, event_door
from behavior.door.publisher import Publisher
from tests.support.asgi import ask, part, scope_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.test import Client

    from behavior.domain.events import Event

API_PATH = "/api/v1/taking"
STUDENT, JSON = "Bearer student", "application/json"
_HEADERS = {"Authorization": STUDENT, "Content-Type": JSON, "Idempotency-Key": "key-1"}


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A request; ``path`` replaces the address of both, and an empty header is not sent."""

    body: bytes = b"{}"
    method: str = "POST"
    path: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def all_headers(self) -> dict[str, str]:
        """Those of a good request, but for what this one says otherwise."""
        return {name: value for name, value in (_HEADERS | self.headers).items() if value}


@dataclass(frozen=True)
class Told:
    """An answer; the headers by their names in title case."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str]


class FailingPublisher(Publisher):
    """Raises what it is given to raise."""

    def __init__(self, error: Exception | None) -> None:
        self._error = error

    async def publish(self, *, school_id: str, student_id: str, arrived_at: datetime, events: Sequence[Event]) -> str:
        """Take the events, or raise."""
        del school_id, student_id, arrived_at, events
        if self._error:
            raise self._error
        return "message"


def ask_api(client: Client, sent: Sent) -> Told:
    """What the API says."""
    headers = sent.all_headers()
    content_type = headers.pop("Content-Type", "")
    answer = client.generic(sent.method, sent.path or API_PATH, sent.body, content_type=content_type, headers=headers)
    return _told(answer.status_code, answer.content, dict(answer.headers))


def ask_door(sent: Sent, *, error_behind: Exception | None = None) -> Told:
    """What the event door says behind its front; its queue raises ``error_behind`` if there is one."""
    headers = {"Content-Length": str(len(sent.body))} | sent.all_headers()
    door = event_door(publisher=FailingPublisher(error_behind))
    reply = asyncio.run(ask(door, scope_of(sent.method, sent.path or EVENTS_PATH, headers), part(sent.body)))
    return _told(reply.status, reply.body, reply.headers)


def _told(status: int, content: bytes, headers: dict[str, str]) -> Told:
    return Told(status, json.loads(content), {name.title(): value for name, value in headers.items()})
