"""The door in front of ministack's application: its unauthenticated back rooms stay shut.

``/_ministack/reset`` would wipe everything for any page open in the developer's browser, others show queues and mails.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]

HEALTH_PATH = "/_ministack/health"
_INTERNAL = ("/_ministack/", "/_localstack/")
_OPEN = (HEALTH_PATH, "/_ministack/ready")


def without_internal_endpoints(application: Application) -> Application:
    """``application`` without ministack's internal addresses, save the two that tell its health."""

    async def serve(scope: Message, receive: Receive, send: Send) -> None:
        path = str(scope.get("path", ""))
        if scope["type"] == "http" and path.startswith(_INTERNAL) and path not in _OPEN:
            await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
            return
        await application(scope, receive, send)

    return serve
