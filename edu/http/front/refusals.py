"""The front's own answers: problems for programs, pages for people. Sent whole, and cheap whatever was sent."""

from __future__ import annotations

import json
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string
from django.utils import translation

from edu.http.contract import PROBLEM_JSON
from edu.http.language import language_of
from edu.http.middleware import CORRELATION_HEADER, STRICT_POLICY
from edu.http.problems import headers_of, problem
from edu.logs import correlation_id

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from edu.errors import LibretaError

    Send = Callable[[dict[str, Any]], Awaitable[None]]

_SHARED = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
_OF_PAGES = [
    (b"content-security-policy", STRICT_POLICY.encode()),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
]
_TOO_LARGE, _BUSY, _OTHER = "413.html", "console/unavailable.html", "400.html"
_PAGES = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _TOO_LARGE,
    HTTPStatus.TOO_MANY_REQUESTS: _BUSY,
    HTTPStatus.SERVICE_UNAVAILABLE: _BUSY,
}
_WORDED: dict[tuple[str, int, str], tuple[bytes, bytes]] = {}


class Refusal:
    """An error as an answer in the language asked for: a problem, or a page for a person."""

    def __init__(self, error: LibretaError, accept_language: str, *, page: bool) -> None:
        language = language_of(accept_language)
        self.status = error.status
        self.headers = [*_SHARED]
        with translation.override(language):
            if page:
                self._set("text/html; charset=utf-8", _page(_PAGES.get(HTTPStatus(error.status), _OTHER), language))
                self.headers += _OF_PAGES
            else:
                self._set(PROBLEM_JSON, _problem(error, language))
        self.headers += [(name.lower().encode(), value.encode()) for name, value in headers_of(error).items()]

    async def send(self, send: Send, correlation_id: str) -> None:
        """Send it, and close the connection: what else comes on it belongs to a request that is over."""
        more = [(CORRELATION_HEADER.lower().encode(), correlation_id.encode()), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers + more})
        await send({"type": "http.response.body", "body": self.body})

    def _set(self, content_type: str, body: bytes) -> None:
        self.body = body
        self.headers += [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]


def _problem(error: LibretaError, language: str) -> bytes:
    if error.detail or error.fields or error.members:
        return json.dumps(problem(error), ensure_ascii=False).encode()
    before, after = _WORDED.get((error.code, error.status, language)) or _word(error, language)
    return before + correlation_id().encode() + after


def _word(error: LibretaError, language: str) -> tuple[bytes, bytes]:
    """A problem that says nothing of the request but its id, so it is worded once: before that id, and after it."""
    text = json.dumps(problem(error) | {"correlation_id": "*"}, ensure_ascii=False).encode()
    before, _mark, after = text.partition(b'"*"')
    _WORDED[error.code, error.status, language] = before + b'"', b'"' + after
    return _WORDED[error.code, error.status, language]


@cache
def _page(template: str, language: str) -> bytes:
    """A page that says nothing of the request, so it is rendered once. ``language`` is the one in force."""
    del language
    return render_to_string(template).encode()
