"""ASGI as far as the door needs it: complete requests, and responses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edu.http.contract import PROBLEM_JSON
from edu.http.problems import headers_of, problem

if TYPE_CHECKING:
    from edu.errors import LibretaError
    from edu.http.front.heads import Head
    from edu.http.front.refusals import Send


_ALWAYS = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))


class Request:
    """A complete request, as the front hands it on (``edu.http.front``)."""

    def __init__(self, head: Head, body: bytes) -> None:
        self.method, self.path, self.token = head.method, head.path, head.token
        self.body = body
        self._head = head

    def header(self, name: bytes) -> str:
        """The value of the header of this name in small letters, empty when it was not sent."""
        return self._head.text(name)


@dataclass(frozen=True)
class Response:
    """A response, sent whole."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)

    async def send(self, send: Send, **extra: str) -> None:
        """Send it whole; ``extra`` headers are named with underscores."""
        headers = [
            (b"content-type", self.content_type.encode()),
            (b"content-length", b"%d" % len(self.body)),
            *_ALWAYS,
            *((name.encode(), value.encode("latin-1")) for name, value in self.headers.items()),
            *((name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in extra.items()),
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def refusal(error: LibretaError) -> Response:
    """An error as problem+json, in the language in force."""
    headers = {name.lower(): value for name, value in headers_of(error).items()}
    return Response(error.status, json.dumps(problem(error), ensure_ascii=False).encode(), PROBLEM_JSON, headers)
