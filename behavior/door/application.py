"""``POST /api/v1/behavior``: 202 once SQS holds the events, and never before."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING

from django.utils import translation
from structlog.contextvars import clear_contextvars

from behavior.door.asgi import ClientGoneError, Request, Response, refusal
from behavior.door.authentication import Authenticator
from behavior.door.parsing import read_events
from behavior.door.publisher import Publisher
from edu.errors import ConfigurationError, LibretaError, NotFoundError
from edu.http.errors import MethodNotAllowedError
from edu.http.language import language_of
from edu.http.middleware import CORRELATION_HEADER, start_request
from edu.http.problems import SERVER_ERROR
from edu.http.refused_work import count_refused, require_work_left
from edu.logs import get_logger
from edu.startup import require_serving_settings

if TYPE_CHECKING:
    from behavior.door.asgi import Receive, Scope, Send

EVENTS_PATH = "/api/v1/behavior"
HEALTH_PATH = "/healthz"
_log = get_logger(__name__)


class EventDoor:
    """The ASGI application. One event loop, no database, no state but its two small thread pools."""

    def __init__(self, *, authenticator: Authenticator | None = None, publisher: Publisher | None = None) -> None:
        self._authenticator, self._publisher = authenticator or Authenticator(), publisher or Publisher()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the server's start and end."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._serve(Request(scope, receive), send)
        else:
            raise NotImplementedError(scope["type"])

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup" and (problem := _missing_settings()):
                await send({"type": "lifespan.startup.failed", "message": problem})
                return
            if message["type"] == "lifespan.shutdown":
                await asyncio.to_thread(self._publisher.close)
                await asyncio.to_thread(self._authenticator.close)
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _serve(self, request: Request, send: Send) -> None:
        chosen = start_request(request.header(CORRELATION_HEADER))
        started = time.perf_counter()
        try:
            with translation.override(language_of(request.header("accept-language"))):
                response = await self._respond(request)
            await response.send(send, x_correlation_id=chosen)
            duration_ms = round((time.perf_counter() - started) * 1000, 1)
            _log.info("request", method=request.method, status=response.status, duration_ms=duration_ms)
        except ClientGoneError:
            _log.info("client gone", method=request.method)
        finally:
            clear_contextvars()

    async def _respond(self, request: Request) -> Response:
        try:
            return await self._route(request)
        except LibretaError as error:
            if error.status >= SERVER_ERROR:
                _log.warning("request failed", code=error.code)
            return refusal(error)
        except ClientGoneError:
            raise
        except Exception:  # noqa: BLE001 - nothing is above this: a defect is a 500, not a dropped connection
            _log.exception("request failed", code=LibretaError.code)
            return refusal(LibretaError())

    async def _route(self, request: Request) -> Response:
        if request.path == HEALTH_PATH:
            _require_method(request, "GET", "HEAD")
            return Response(200, b"" if request.method == "HEAD" else b"ok", "text/plain")
        if request.path != EVENTS_PATH:
            raise NotFoundError
        _require_method(request, "POST")
        sender = await self._authenticator.sender_of(request)
        require_work_left(sender.device)
        try:
            events = await read_events(request)
        except LibretaError as error:
            count_refused(sender.device, error.status, request.body_bytes)
            raise
        await self._publisher.publish(school_id=sender.school_id, student_id=sender.student_id, events=events)
        return Response(202, json.dumps({"accepted": True, "events": len(events)}).encode())


def _missing_settings() -> str:
    try:
        require_serving_settings()
    except ConfigurationError as error:
        return str(error)
    return ""


def _require_method(request: Request, *methods: str) -> None:
    if request.method not in methods:
        raise MethodNotAllowedError(*methods)
