"""ASGI middleware that hides ministack's internal endpoints, which need no authentication.

Any page open in the developer's browser could otherwise call ``/_ministack/reset``, which deletes everything; other
endpoints show queues and mails.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]

HEALTH_PATH = "/_ministack/health"
_INTERNAL_PREFIXES = ("/_ministack/", "/_localstack/")
_HEALTH_PATHS = (HEALTH_PATH, "/_ministack/ready")


def without_internal_endpoints(application: Application) -> Application:
    """``application`` with 404 for ministack's internal endpoints, except the two that tell its health."""

    async def serve(scope: Message, receive: Receive, send: Send) -> None:
        path = str(scope.get("path", ""))
        if scope["type"] == "http" and path.startswith(_INTERNAL_PREFIXES) and path not in _HEALTH_PATHS:
            await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
            return
        await application(scope, receive, send)

    return serve
