"""ASGI as far as the door needs it: a request's head and body, and responses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from edu.http.contract import PROBLEM_JSON
from edu.http.errors import BodyTooLargeError
from edu.http.problems import headers_of, problem

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from edu.errors import LibretaError

    Scope = Mapping[str, Any]
    Receive = Callable[[], Awaitable[Mapping[str, Any]]]
    Send = Callable[[dict[str, Any]], Awaitable[None]]

MAX_BODY_BYTES = 262_144


class ClientGoneError(Exception):
    """The client closed the connection before its request was complete: nothing of it counts, and none is answered."""


class Request:
    """A request's head, and its body when asked for."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self._headers = {name.lower(): value for name, value in scope["headers"]}
        self._receive = receive
        self.body_bytes = 0  # of what was read, or would have been

    def header(self, name: str) -> str:
        """The header's value, empty when it was not sent."""
        value: bytes = self._headers.get(name.lower().encode(), b"")
        return value.decode("latin-1")

    async def body(self) -> bytes:
        """The whole body.

        Raises:
            BodyTooLargeError: it is, or says it is, larger than 256 KiB; no more of it was read.
            ClientGoneError: it did not come whole.
        """
        declared = self.header("content-length")
        if declared.isdecimal() and int(declared) > MAX_BODY_BYTES:
            self.body_bytes = MAX_BODY_BYTES
            raise BodyTooLargeError
        parts: list[bytes] = []
        more = True
        while more:
            message = await self._receive()
            if message["type"] != "http.request":
                raise ClientGoneError
            part: bytes = message.get("body", b"")
            self.body_bytes += len(part)
            if self.body_bytes > MAX_BODY_BYTES:
                raise BodyTooLargeError
            parts.append(part)
            more = message.get("more_body", False)
        return b"".join(parts)


@dataclass(frozen=True)
class Response:
    """A response, sent whole."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    async def send(self, send: Send, **extra: str) -> None:
        """Send it whole; ``extra`` headers are named with underscores."""
        headers = {
            "content-type": self.content_type,
            "content-length": str(len(self.body)),
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
            **self.headers,
            **{name.replace("_", "-"): value for name, value in extra.items()},
        }
        encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": encoded})
        await send({"type": "http.response.body", "body": self.body})


def refusal(error: LibretaError) -> Response:
    """An error as problem+json, in the language in force."""
    headers = {name.lower(): value for name, value in headers_of(error).items()}
    return Response(error.status, json.dumps(problem(error), ensure_ascii=False).encode(), PROBLEM_JSON, headers)
