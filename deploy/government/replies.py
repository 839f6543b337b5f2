"""Questions as the contract knows them, and answers in its form (``docs/GOVERNMENT-API.md``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

SUBMIT, ASK, FIND, HELD = "submit", "ask", "find", "held"
OPERATIONS = frozenset({SUBMIT, ASK, FIND, HELD})
NOT_RECEIVED = frozenset({400, 413, 422, 429, 503})
NO_ANSWER = 0
_KEY_REFUSED = frozenset({401, 403})


@dataclass(frozen=True)
class Question:
    """One request of the API.

    ``operation``: ``submit`` a batch, ``ask`` what became of it, ``find`` its upload, or list what is ``held``.
    ``shape``: ``direct`` or ``upload``. ``body`` and ``content``: the batch sent; ``None``: too long, or malformed.
    """

    operation: str
    shape: str = "direct"
    batch_id: str = ""
    school_id: str = ""
    term_id: str = ""
    ticket: str = ""
    cursor: str | None = None
    limit: str = ""
    body: bytes | None = None
    content: Mapping[str, Any] | None = None

    @property
    def echo(self) -> dict[str, Any]:
        """What every answer says of its question, as far as it is known."""
        if self.operation == HELD:
            return {"school_id": self.school_id, "term_id": self.term_id, "cursor": self.cursor}
        place = {"school_id": self.school_id, "term_id": self.term_id} if self.school_id else {}
        return ({"batch_id": self.batch_id} if self.batch_id else {}) | place


@dataclass(frozen=True)
class Reply:
    """An answer before it is sent: its body as JSON or as bytes, its headers (``None``: the usual one is left out).

    ``effect``: a batch took effect by it. With the status ``NO_ANSWER`` none is given.
    """

    status: int
    body: Any = None
    headers: Mapping[str, str | None] = field(default_factory=dict)
    effect: bool = False


def problem(question: Question, status: int, error: str, headers: Mapping[str, str | None] | None = None) -> Reply:
    """An answer that refuses, in the contract's form for this status."""
    if status in _KEY_REFUSED:
        return Reply(status, {"error": error}, headers or {})
    received = {"received": False} if status in NOT_RECEIVED else {}
    return Reply(status, {**question.echo, "error": error, **received}, headers or {})


def in_progress(question: Question, ticket: str) -> Reply:
    """The batch is taken and not decided."""
    body = {**question.echo, "status": "in_progress"}
    if question.shape == "upload":
        return Reply(HTTPStatus.ACCEPTED, {**body, "upload_id": ticket})
    return Reply(HTTPStatus.ACCEPTED, body, {"Location": f"/decisions/{ticket}"})


def in_form(question: Question, status: int, ticket: str) -> Reply:
    """What the contract has for a status, whatever the truth is: what a scripted answer says unless told otherwise."""
    if status == HTTPStatus.ACCEPTED:
        return in_progress(question, ticket)
    if status == HTTPStatus.NOT_FOUND and question.batch_id:
        return Reply(status, {"batch_id": question.batch_id, "error": "unknown_batch"})
    return problem(question, status, "scripted")
