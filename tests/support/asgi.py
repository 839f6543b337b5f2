"""Requests to an ASGI application in this process, piece by piece."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edu.http.front.application import Application, Scope

GONE: dict[str, Any] = {"type": "http.disconnect"}


def part(body: bytes, *, more: bool = False) -> dict[str, Any]:
    """A piece of a body, as the server gives it."""
    return {"type": "http.request", "body": body, "more_body": more}


@dataclass
class Reply:
    """What was answered; ``status`` is 0 until something is. The names of headers are in small letters."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> dict[str, Any]:
        """The body, decoded."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    async def send(self, message: Mapping[str, Any]) -> None:
        """Take a part of the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode("latin-1") for name, value in message["headers"]}
        else:
            self.body += message["body"]


def scope_of(
    method: str = "GET", path: str = "/", headers: Mapping[str, str] | None = None, **changes: Any
) -> dict[str, Any]:
    """A request's head; an empty header is left out."""
    fields = (headers or {}).items()
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "server": ("127.0.0.1", "8000"),
        "client": ("127.0.0.1", "50000"),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in fields if value],
    } | changes


async def ask(application: Application, scope: Scope, *messages: Mapping[str, Any]) -> Reply:
    """The answer to a request whose body comes in these messages; after them nothing comes, ever."""
    arriving, reply = list(messages), Reply()

    async def receive() -> Mapping[str, Any]:
        if arriving:
            return arriving.pop(0)
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    await application(scope, receive, reply.send)
    return reply
