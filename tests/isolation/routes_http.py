"""Asking as somebody, and reading an answer whole: status, headers, cookies, body, and the page it leads to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from edu.identity.principal import Role
from tests.isolation.routes_cover import (
    ALLOWED,
    FORBIDDEN,
    NOT_FOUND,
    NOT_OFFERED,
    REDIRECTED,
    REFUSED,
    SENT_HOME,
    SIGN_IN,
    fresh_key,
)
from tests.isolation.routes_school import LOGIN, ProbeSchool, new_client

if TYPE_CHECKING:
    from django.test import Client

ANONYMOUS = "anonymous"
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_CATEGORIES = {401: SIGN_IN, 403: FORBIDDEN, 404: NOT_FOUND, 405: NOT_OFFERED}
_REFUSALS = frozenset({400, 409, 412, 415, 422, 428})
_HOME = "/admin/"


@dataclass(frozen=True)
class Caller:
    """Somebody of a school, or nobody (``role`` is ``None``)."""

    school: ProbeSchool
    role: Role | None

    @property
    def name(self) -> str:
        """The role, for the report."""
        return str(self.role) if self.role else ANONYMOUS

    @property
    def token(self) -> str:
        """The bearer token, empty for nobody."""
        return self.school.tokens[self.role] if self.role else ""


@dataclass(frozen=True)
class Ask:
    """One request: everything but who makes it. ``other`` names a school wherever a client might try to."""

    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    other: ProbeSchool | None = None
    named_in_query: bool = True

    @property
    def text(self) -> str:
        """All it says about what it wants, which an error may repeat."""
        return f"{self.path} {self.query} {json.dumps(self.body)}"


@dataclass(frozen=True)
class Answer:
    """What came back, as text to be searched."""

    status: int
    location: str
    text: str
    body: str = ""
    etag: str = ""

    @property
    def category(self) -> str:
        """What the answer amounts to."""
        if 300 <= self.status < 400:
            return self._redirection()
        if 200 <= self.status < 300:
            return ALLOWED
        if self.status in _REFUSALS:
            return REFUSED
        return _CATEGORIES.get(self.status, f"status {self.status}")

    def _redirection(self) -> str:
        if self.location.startswith(LOGIN):
            return SIGN_IN
        return SENT_HOME if self.location == _HOME else REDIRECTED


def ask_api(caller: Caller, ask: Ask) -> Answer:
    """A request to the API."""
    headers = dict(ask.headers) | ({"Authorization": f"Bearer {caller.token}"} if caller.token else {})
    if ask.method in WRITES:
        headers.setdefault("Idempotency-Key", fresh_key())
    return send(new_client(), ask, headers)


def ask_console(caller: Caller, ask: Ask) -> Answer:
    """A request to the console, under the caller's session; who has none tries with a bearer token."""
    client = caller.school.consoles.get(caller.role) if caller.role else None
    if client is not None:
        answer = send(client, ask, dict(ask.headers))
        return answer if answer.category in {ALLOWED, SIGN_IN} else _with_next_page(client, answer)
    return send(new_client(), ask, dict(ask.headers) | {"Authorization": f"Bearer {caller.token}"})


def _with_next_page(client: Client, answer: Answer) -> Answer:
    """Messages for the next page travel in a signed cookie: read that page too."""
    page = send(client, Ask("GET", _HOME), {})
    return replace(answer, text=answer.text + page.text)


def send(client: Client, ask: Ask, headers: dict[str, str]) -> Answer:
    """The request as it is, from this browser."""
    query, body = ask.query, ask.body
    if ask.other:
        named = ask.other.school_id
        headers |= {"X-School-Id": named, "X-Tenant-Id": named, "X-Amz-Meta-School-Id": named, "Forwarded": named}
        if ask.named_in_query:
            query = "&".join(filter(None, (query, f"school_id={named}&school={named}&tenant={named}")))
        client.cookies["school_id"] = client.cookies["tenant"] = named
    content = b"" if body is None else json.dumps(body).encode()
    answer = client.generic(
        ask.method, f"{ask.path}?{query}" if query else ask.path, content, "application/json", headers=headers
    )
    for name in ("school_id", "tenant"):
        client.cookies.pop(name, None)
    content = answer.getvalue()
    head = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
    return Answer(
        status=answer.status_code,
        location=answer.headers.get("Location", ""),
        text="\n".join((head, answer.cookies.output(), content.decode(errors="replace"))),
        body=content.decode(errors="replace"),
        etag=answer.headers.get("ETag", ""),
    )
