"""An error's answer: ``application/problem+json`` (RFC 9457) in the reader's language, and the headers it asks for."""

from __future__ import annotations

from typing import Any

from edu.errors import LibretaError, UnavailableError
from edu.http.errors import MethodNotAllowedError, ThrottledError, UnsupportedMediaTypeError
from edu.logs import correlation_id

CHALLENGE = 'Bearer realm="libreta"'
SERVER_ERROR = 500
MOST_ERRORS = 20
MOST_TEXT_CHARS = 400
_NOT_AUTHENTICATED = 401


def problem(error: LibretaError) -> dict[str, Any]:
    """The body of an error's answer: short, however much was wrong with what was sent."""
    body: dict[str, Any] = {
        "type": f"urn:libreta:problem:{error.code}",
        "title": str(error.title),
        "status": error.status,
        "code": error.code,
        "correlation_id": correlation_id(),
    }
    if error.detail and error.detail_is_public and error.status < SERVER_ERROR:
        body["detail"] = sendable(error.detail)
    if error.fields:
        body["errors"] = [
            {"field": sendable(f.field), "rule": f.rule, "message": sendable(f.message)}
            for f in error.fields[:MOST_ERRORS]
        ]
        if len(error.fields) > MOST_ERRORS:
            body["more"] = len(error.fields) - MOST_ERRORS
    return body | dict(error.members)


def headers_of(error: LibretaError) -> dict[str, str]:
    """The headers that an error's status asks for: what to sign in with, when to come back, what is taken instead."""
    headers: dict[str, str] = {}
    if error.status == _NOT_AUTHENTICATED:
        headers["WWW-Authenticate"] = CHALLENGE
    match error:
        case MethodNotAllowedError(allowed=allowed) if allowed:
            headers["Allow"] = ", ".join(allowed)
        case UnsupportedMediaTypeError(offered=(name, value)):
            headers[name] = value
        case UnavailableError(retry_after_s=wait_s) | ThrottledError(retry_after_s=wait_s) if wait_s:
            headers["Retry-After"] = str(int(wait_s))
    return headers


def sendable(text: object) -> str:
    """A text that may repeat what was sent: short, and without what no UTF-8 can carry (half a surrogate pair)."""
    said = str(text)
    short = said if len(said) <= MOST_TEXT_CHARS else f"{said[: MOST_TEXT_CHARS - 1]}…"
    return short.encode(errors="replace").decode()
