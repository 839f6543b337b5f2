"""The front as an ASGI application around another: the head, the sender, the body, and only then the application."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from structlog.contextvars import clear_contextvars

from edu.errors import LibretaError
from edu.http.errors import MethodNotAllowedError, TooManyOpenRequestsError
from edu.http.front.bodies import Bodies, ClientGoneError
from edu.http.front.heads import check_head, check_length
from edu.http.front.listeners import limit_readers
from edu.http.front.refusals import Refusal
from edu.http.front.senders import OpenRequests, check_token, payer_of
from edu.http.middleware import API_PREFIX, CORRELATION_HEADER, start_request
from edu.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from edu.http.front.bodies import Receive
    from edu.http.front.limits import Limits
    from edu.http.front.refusals import Send

    Scope = MutableMapping[str, Any]
    Application = Callable[[Scope, Receive, Send], Awaitable[None]]

HEALTH_PATH = "/healthz"
_HEALTH_METHODS = ("GET", "HEAD")
_HEALTH_HEADERS = [
    (b"content-type", b"text/plain"),
    (b"content-length", b"2"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
]
_log = get_logger(__name__)


class Front:
    """Serves ``application`` complete requests within ``limits``, and answers the load balancer itself.

    The application's ``receive`` gives one message with the whole body. It may raise a ``LibretaError`` before it has
    begun to answer. With ``pages``, what is refused outside the API is told to a person; with ``tokens``, a bad one is
    refused before the body is waited for.
    """

    def __init__(self, application: Application, limits: Limits, *, pages: bool = False, tokens: bool = False) -> None:
        self._application, self._limits, self._pages, self._tokens = application, limits, pages, tokens
        self._open, self._bodies = OpenRequests(limits), Bodies(limits)
        self._is_first = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or hand on the server's start and end."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        if self._is_first:  # by now the server listens
            self._is_first = False
            limit_readers(silence_s=self._limits.silence_s, buffer_bytes=self._limits.buffer_bytes)
        try:
            await self._serve(scope, receive, send)
        except TooManyOpenRequestsError as error:
            await self._open.wait_before_refusing()
            await self._refuse(error, scope, send)
        except LibretaError as error:
            await self._refuse(error, scope, send)
        except ClientGoneError:
            _log.info("client gone", method=scope["method"])

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = check_head(scope, self._limits)
        if head.path == HEALTH_PATH:
            await _tell_health(head.method, send)
            return
        declared = check_length(head, self._limits)
        sender = self._open.enter(head)
        try:
            if self._tokens:
                check_token(head)
            body = await self._bodies.receive_whole(receive, declared, partial(payer_of, head))
            try:
                await self._application(scope, _complete(body), send)
            finally:
                self._bodies.release(body)
        finally:
            self._open.leave(sender)

    async def _refuse(self, error: LibretaError, scope: Scope, send: Send) -> None:
        fields, path = dict(scope["headers"]), scope["path"]
        page = self._pages and not path.startswith(API_PREFIX) and path != HEALTH_PATH
        try:
            chosen = start_request(fields.get(CORRELATION_HEADER.lower().encode(), b"").decode("latin-1"))
            refusal = Refusal(error, fields.get(b"accept-language", b"").decode("latin-1"), page=page)
            _log.info("request refused", method=scope["method"], status=error.status, code=error.code)
            await refusal.send(send, chosen)
        finally:
            clear_contextvars()


def _complete(body: bytes) -> Receive:
    """A ``receive`` whose one message is the whole body."""
    message = {"type": "http.request", "body": body, "more_body": False}

    async def receive() -> dict[str, Any]:
        return message

    return receive


async def _tell_health(method: str, send: Send) -> None:
    """200 as long as the process answers; nothing behind it is asked: a restart would not make the table answer."""
    if method not in _HEALTH_METHODS:
        raise MethodNotAllowedError(*_HEALTH_METHODS)
    await send({"type": "http.response.start", "status": 200, "headers": _HEALTH_HEADERS})
    await send({"type": "http.response.body", "body": b"ok"})
