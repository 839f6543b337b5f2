"""What was sent: a request's body as events, with every rule checked."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from behavior.domain.events import MAX_EVENTS, InvalidEventError, parse_event
from behavior.errors import ONE_EVENT_OR_A_LIST, InvalidEventsError, field_errors
from edu.http import json_bodies
from edu.http.errors import MalformedBodyError, UnsupportedMediaTypeError

if TYPE_CHECKING:
    from datetime import datetime

    from behavior.domain.events import Event
    from behavior.door.asgi import Request
    from edu.errors import FieldError


def read_events(request: Request, *, arrived_at: datetime) -> list[Event]:
    """The events of the body: one object, or a list of 1 to 100, as of when it arrived.

    Raises:
        UnsupportedMediaTypeError, EncodedBodyError, MalformedBodyError: see there.
        InvalidEventsError: with every broken rule of every event.
    """
    _require_json(*request.media_type)
    return parse_body(request.body, arrived_at=arrived_at)


@lru_cache(maxsize=64)
def _require_json(type_sent: bytes, encoding_sent: bytes) -> None:
    """Refuse what is not sent as plain JSON. The few values that devices send are judged once."""
    content_type, content_encoding = type_sent.decode("latin-1"), encoding_sent.decode("latin-1")
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaTypeError
    json_bodies.require_no_coding(content_encoding)
    json_bodies.require_utf_8(content_type)


def parse_body(body: bytes, *, arrived_at: datetime) -> list[Event]:
    """The events of a complete body. Same errors as ``read_events``."""
    sent = json_bodies.decode(body)
    if isinstance(sent, dict):
        return _parse_all([sent], arrived_at, numbered=False)
    if not isinstance(sent, list) or not 0 < len(sent) <= MAX_EVENTS:
        raise MalformedBodyError(ONE_EVENT_OR_A_LIST)
    return _parse_all(sent, arrived_at, numbered=True)


def _parse_all(sent: list[object], arrived_at: datetime, *, numbered: bool) -> list[Event]:
    events: list[Event] = []
    broken: list[FieldError] = []
    for position, raw in enumerate(sent):
        try:
            events.append(parse_event(raw, now=arrived_at))
        except InvalidEventError as error:
            broken += field_errors(error, position if numbered else None)
    if broken:
        raise InvalidEventsError(fields=broken)
    return events
