"""The use cases of behaviour: what the worker, the console and other apps call, inside a school's scope."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from behavior import repository
from behavior.domain import (
    MAX_EVENTS_OF_MESSAGE,
    OLDEST_AT_THE_WORKER,
    Event,
    InvalidEventError,
    is_student_id,
    parse_event,
)
from behavior.errors import MalformedMessageError
from behavior.repository import RejectedEvent
from edu import clock
from edu.logs import get_logger

if TYPE_CHECKING:
    from datetime import datetime

    from edu.dynamo.pages import Page

_MAX_CONTENT_CHARS, _MAX_REASON_CHARS = 4096, 400
_log = get_logger(__name__)


@dataclass(frozen=True)
class Stored:
    """How many events of a message were written, and how many rejected."""

    events: int
    rejected: int


def store_events(*, student_id: object, events: object) -> Stored:
    """Write a message's events; what is none is rejected by itself, where ``list_rejected_events`` shows it.

    Everything is checked again: a message may come from the API Gateway, which knows fewer rules. Idempotent by the
    events' ids: after any error, or when delivered twice, the whole message may be stored again.

    Raises:
        MalformedMessageError: there is no student's id, or no list of events.
        StoreUnavailableError: the table is throttled or does not answer.
    """
    if not is_student_id(student_id) or not isinstance(student_id, str):
        raise MalformedMessageError("message without a student")
    if not isinstance(events, list) or not events:
        raise MalformedMessageError("message without events")
    if len(events) > MAX_EVENTS_OF_MESSAGE:
        raise MalformedMessageError("message of too many events")
    now = clock.now()
    good: list[Event] = []
    rejected: list[RejectedEvent] = []
    for raw in events:
        try:
            good.append(parse_event(raw, now=now, oldest=OLDEST_AT_THE_WORKER))
        except InvalidEventError as error:
            rejected.append(_rejected(student_id, raw, str(error), now))
    repository.put_events(student_id, good, rejected, stored_at=now)
    if rejected:
        _log.warning("events rejected", rejected=len(rejected), stored=len(good))
    return Stored(len(good), len(rejected))


def list_events(*, student_id: str, cursor: str | None = None, limit: int = 50) -> Page[Event]:
    """A student's events for as long as they are kept (``domain.KEPT_FOR``), latest first.

    Raises:
        InvalidCursorError: see ``edu.dynamo.cursors``.
    """
    return repository.list_events(student_id, cursor=cursor, limit=limit)


def list_rejected_events(*, cursor: str | None = None, limit: int = 50) -> Page[RejectedEvent]:
    """What the school's devices sent that is no event, for a person to look at, kept as long as events.

    Raises:
        InvalidCursorError: see ``edu.dynamo.cursors``.
    """
    return repository.list_rejected(cursor=cursor, limit=limit)


def _rejected(student_id: str, raw: object, reason: str, now: datetime) -> RejectedEvent:
    content = json.dumps(raw, sort_keys=True, default=repr)
    digest = hashlib.sha256(content.encode()).hexdigest()
    return RejectedEvent(
        student_id=student_id,
        digest=digest,
        reason=reason[:_MAX_REASON_CHARS],
        content=content[:_MAX_CONTENT_CHARS],
        rejected_at=now,
    )
