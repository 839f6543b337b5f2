"""From a request to a student's events: who sends, what was sent, whether every rule holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from behavior.domain import MAX_EVENTS, InvalidEventError, is_student_id, parse_event
from behavior.door.workers import BoundedThreads
from behavior.errors import (
    InvalidEventsError,
    MalformedBodyError,
    NotAuthenticatedError,
    UnsupportedMediaTypeError,
    field_errors,
)
from behavior.permissions import REPORT_EVENTS
from edu import clock
from edu.errors import FieldError, ForbiddenError
from edu.http import json_bodies
from edu.identity.capabilities import require
from edu.identity.jwks import KeysUnavailableError
from edu.identity.tokens import InvalidTokenError, verifier
from edu.logs import get_logger

if TYPE_CHECKING:
    from behavior.domain import Event
    from behavior.door.messages import Request
    from edu.identity.principal import Principal

_VERIFY_THREADS = 2
_MOST_WAITING = 500
_VERIFY_TIMEOUT_S = 5.0
_log = get_logger(__name__)


@dataclass(frozen=True)
class Sender:
    """The student a verified token names, and nothing a body could say."""

    school_id: str
    student_id: str


class Gate:
    """Tells who sends. A token's verification may fetch keys, so it runs beside the event loop."""

    def __init__(self) -> None:
        self._threads = BoundedThreads(name="gate", threads=_VERIFY_THREADS, waiting=_MOST_WAITING)

    async def sender(self, request: Request) -> Sender:
        """The student who sends.

        Raises:
            NotAuthenticatedError: no bearer token, or a bad one.
            ForbiddenError: the caller is no student, or their account names no person.
            UnavailableError: the pool's keys cannot be fetched, or too many wait.
        """
        scheme, _, token = request.header("authorization").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise NotAuthenticatedError
        principal = await self._principal(token.strip())
        require(principal, REPORT_EVENTS)
        if not principal.school_id or not is_student_id(principal.person_id):
            raise ForbiddenError
        return Sender(principal.school_id, principal.person_id)

    def close(self) -> None:
        """End the threads. Blocks."""
        self._threads.close()

    async def _principal(self, token: str) -> Principal:
        try:
            return await self._threads.run(lambda: verifier().principal(token), timeout_s=_VERIFY_TIMEOUT_S)
        except InvalidTokenError as error:
            _log.warning("token refused", reason=str(error.detail))
            raise NotAuthenticatedError from error
        except TimeoutError as error:
            raise KeysUnavailableError from error


async def read_events(request: Request) -> list[Event]:
    """The events of the body: one object, or a list of 1 to 100.

    Raises:
        UnsupportedMediaTypeError, BodyTooLargeError, MalformedBodyError: see there.
        InvalidEventsError: with every broken rule of every event.
        ClientGoneError: the body did not come whole.
    """
    media_type = request.header("content-type").partition(";")[0].strip().lower()
    if media_type != "application/json" or request.header("content-encoding").lower() not in {"", "identity"}:
        raise UnsupportedMediaTypeError
    return parse_body(await request.body())


def parse_body(body: bytes) -> list[Event]:
    """The events of a complete body. Same errors as ``read_events``."""
    try:
        sent = json_bodies.decode(body)
    except json_bodies.MalformedJsonError as error:
        raise MalformedBodyError(error.detail) from error
    if isinstance(sent, dict):
        return _parse_all([sent], numbered=False)
    if not isinstance(sent, list) or not 0 < len(sent) <= MAX_EVENTS:
        raise MalformedBodyError
    return _parse_all(sent, numbered=True)


def _parse_all(sent: list[object], *, numbered: bool) -> list[Event]:
    now = clock.now()
    events: list[Event] = []
    broken: list[FieldError] = []
    for position, raw in enumerate(sent):
        try:
            events.append(parse_event(raw, now=now))
        except InvalidEventError as error:
            broken += field_errors(error, position if numbered else None)
    if broken:
        raise InvalidEventsError(fields=broken)
    return events
