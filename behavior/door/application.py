"""``POST /api/v1/behavior``: 202 once SQS holds the events, and never before."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import translation
from structlog.contextvars import bind_contextvars, clear_contextvars

from behavior.domain.events import arrival_at
from behavior.door.asgi import Request, Response, refusal
from behavior.door.authentication import Authenticator
from behavior.door.limits import EventLimits
from behavior.door.parsing import read_events
from behavior.door.publisher import Publisher
from edu import clock
from edu.errors import ConfigurationError, LibretaError, NotFoundError, UnavailableError
from edu.http.errors import MethodNotAllowedError
from edu.http.front.application import Front
from edu.http.front.heads import head_of
from edu.http.front.limits import KIB, Limits
from edu.http.language import language_of
from edu.http.middleware import CORRELATION_HEADER, start_request
from edu.http.problems import SERVER_ERROR
from edu.http.refused_work import count_refused, require_work_left
from edu.identity.tokens import InvalidTokenError
from edu.logs import correlation_id, get_logger
from edu.startup import require_serving_settings

if TYPE_CHECKING:
    from edu.http.front.application import Scope
    from edu.http.front.bodies import Receive
    from edu.http.front.refusals import Send

EVENTS_PATH = "/api/v1/behavior"
MAX_BODY_BYTES = 256 * KIB
_CORRELATION_HEADER = CORRELATION_HEADER.lower().encode()
_log = get_logger(__name__)


def event_door(*, authenticator: Authenticator | None = None, publisher: Publisher | None = None) -> Front:
    """The door behind its front, as it is served."""
    door = EventDoor(authenticator=authenticator, publisher=publisher)
    limits = Limits(body_bytes=MAX_BODY_BYTES, body_s=settings.BODY_TIMEOUT_S, silence_s=settings.SILENCE_TIMEOUT_S)
    return Front(door, limits)


class EventDoor:
    """The ASGI application behind the front. One event loop, no state but its few threads and who waits for them."""

    def __init__(self, *, authenticator: Authenticator | None = None, publisher: Publisher | None = None) -> None:
        self._authenticator, self._publisher = authenticator or Authenticator(), publisher or Publisher()
        self._limits = EventLimits()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the server's start and end."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            message = await receive()
            await self._serve(Request(head_of(scope), message["body"]), send)
        else:
            raise NotImplementedError(scope["type"])

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup" and (problem := _missing_settings()):
                await send({"type": "lifespan.startup.failed", "message": problem})
                return
            if message["type"] == "lifespan.shutdown":
                await asyncio.gather(self._publisher.close(), asyncio.to_thread(self._authenticator.close))
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _serve(self, request: Request, send: Send) -> None:
        """Answer, and write the record of what was refused or has an id of its client's.

        What was accepted without one is named by its message, whose own record tells how many requests it holds: a
        record each would be a quarter of what they cost, five thousand times a second.
        """
        started = time.perf_counter()
        response, message = await self._respond(request)
        offered = request.header(_CORRELATION_HEADER)
        if message and not offered:
            await response.send(send, message)
            return
        try:
            chosen = correlation_id() or start_request(offered)
            await response.send(send, chosen)
            duration_ms = round((time.perf_counter() - started) * 1000, 1)
            named = {"message": message} if message else {}
            _log.info("request", method=request.method, status=response.status, duration_ms=duration_ms, **named)
        finally:
            clear_contextvars()

    async def _respond(self, request: Request) -> tuple[Response, str]:
        """The response, and the message that SQS holds, which what is refused has none of."""
        try:
            return await self._route(request)
        except LibretaError as error:
            start_request(request.header(_CORRELATION_HEADER))
            bind_contextvars(code=error.code)  # for the request's one line: in an outage there are many of them
            if isinstance(error, InvalidTokenError):
                _log.warning("token refused", reason=str(error.detail))
            if error.status >= SERVER_ERROR and not error.retryable:
                _log.warning("request failed")
            return _refusal(request, error), ""
        except Exception:  # noqa: BLE001 - nothing is above this: a defect is a 500, not a dropped connection
            start_request(request.header(_CORRELATION_HEADER))
            _log.exception("request failed", code=LibretaError.code)
            return _refusal(request, LibretaError()), ""

    async def _route(self, request: Request) -> tuple[Response, str]:
        if request.path != EVENTS_PATH:
            raise NotFoundError
        if request.method != "POST":
            raise MethodNotAllowedError("POST")
        sender = await self._authenticator.sender_of(request)
        self._limits.require_room(sender)
        require_work_left(sender.device)
        arrived_at = arrival_at(clock.now())
        try:
            events = read_events(request, arrived_at=arrived_at)
        except LibretaError as error:
            count_refused(sender.device, error.status, len(request.body))
            raise
        self._limits.count(sender, len(events))
        try:
            message = await self._publisher.publish(
                school_id=sender.school_id, student_id=sender.student_id, arrived_at=arrived_at, events=events
            )
        except UnavailableError:
            self._limits.count(sender, -len(events))
            raise
        return Response(202, b'{"accepted": true, "events": %d}' % len(events)), message


def _refusal(request: Request, error: LibretaError) -> Response:
    """An error in the device's language, which is looked at for this alone: it is a tenth of what a request costs."""
    with translation.override(language_of(request.header(b"accept-language"))):
        return refusal(error)


def _missing_settings() -> str:
    try:
        require_serving_settings()
    except ConfigurationError as error:
        return str(error)
    return ""
