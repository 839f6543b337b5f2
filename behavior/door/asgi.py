"""ASGI as far as the door needs it: complete requests, and responses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from edu.http.contract import PROBLEM_JSON
from edu.http.middleware import CORRELATION_HEADER
from edu.http.problems import headers_of, problem

if TYPE_CHECKING:
    from edu.errors import LibretaError
    from edu.http.front.heads import Head
    from edu.http.front.refusals import Send

_ALWAYS = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
_JSON = ((b"content-type", b"application/json"), *_ALWAYS)
_CORRELATION_ID = CORRELATION_HEADER.lower().encode()


class Request:
    """A complete request, as the front hands it on (``edu.http.front``)."""

    def __init__(self, head: Head, body: bytes) -> None:
        self.method, self.path, self.token = head.method, head.path, head.token
        self.body = body
        self._head = head

    @property
    def media_type(self) -> tuple[bytes, bytes]:
        """``Content-Type`` and ``Content-Encoding`` as they were sent, empty where they were not."""
        fields = self._head.fields
        return fields.get(b"content-type", b""), fields.get(b"content-encoding", b"")

    def header(self, name: bytes) -> str:
        """The value of the header of this name in small letters, empty when it was not sent."""
        return self._head.text(name)


class Response(NamedTuple):
    """A response, sent whole."""

    status: int
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = _JSON

    async def send(self, send: Send, correlation_id: str) -> None:
        """Send it whole, with its request's id."""
        own = (b"content-length", b"%d" % len(self.body)), (_CORRELATION_ID, correlation_id.encode("latin-1"))
        await send({"type": "http.response.start", "status": self.status, "headers": [*self.headers, *own]})
        await send({"type": "http.response.body", "body": self.body})


def refusal(error: LibretaError) -> Response:
    """An error as problem+json, in the language in force."""
    named = ((name.lower().encode(), value.encode("latin-1")) for name, value in headers_of(error).items())
    headers = ((b"content-type", PROBLEM_JSON.encode()), *_ALWAYS, *named)
    return Response(error.status, json.dumps(problem(error), ensure_ascii=False).encode(), headers)
