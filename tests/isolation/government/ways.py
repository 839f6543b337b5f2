"""Every request of either shape, and every way in which its answer may belong to something else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from govsync.client import Shape
from tests.isolation.government.world import NextSchool
from tests.support.schools import CLOSED_TERM

Fault = Mapping[str, Any]
STALE = "the answer to the next school's question"
QUICK = frozenset(
    {STALE, "the next school's batch", "the next school's 422", "the next school's 404", "the next school's receipt"}
    | {"the next school's upload", "the next school's grades as its own"}
)
_NO_BATCH = "f" * 64


@dataclass(frozen=True)
class Asked:
    """A request of a run: ``on`` is its name at the simulator, ``before`` the switches that make a run come to it."""

    name: str
    shape: Shape
    on: str
    before: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Way:
    """What is wrong with the answer. ``fault`` is made of what the next school has.

    ``is_others``: the next school asked the same right before. ``is_right``: the answer is the own one all the same.
    ``takes``: it answers the question, and may be kept; only what it says is another's. ``end``: of the run then.
    """

    name: str
    fault: Callable[[NextSchool], Fault]
    is_others: bool = False
    is_right: bool = False
    takes: bool = False
    end: str = "reconciled"


SUBMIT = Asked("POST /batches", Shape.DIRECT, "submit")
_LOST = {"faults": [{"action": "drop", "on": "submit", "effect": True}]}
ASK = Asked("GET /batches/<batch id>", Shape.DIRECT, "ask", _LOST)
_LATER = {"conditions": {"decide": {"after_questions": 1}}}
DECISION = Asked("GET <Location>", Shape.DIRECT, "ask", _LATER)
UPLOAD = Asked("POST /uploads", Shape.UPLOAD, "submit")
RESULT = Asked("GET /uploads/<upload_id>/result", Shape.UPLOAD, "ask")
FIND = Asked("GET /uploads?batch_id=<batch id>", Shape.UPLOAD, "find", _LOST)
LIST = Asked("GET /terms/<term>/schools/<school>/grades", Shape.DIRECT, "held")


def _set(value: object, *at: str | int) -> Fault:
    return {"action": "answer", "edits": [{"at": list(at), "set": value}]}


def _without(name: str) -> Fault:
    return {"action": "answer", "edits": [{"at": [name], "remove": True}]}


def _says(status: int, body: Mapping[str, Any]) -> Fault:
    return {"action": "status", "status": status, "effect": True, "body": body}


def _elsewhere(place: str) -> Fault:
    return {"action": "status", "status": 202, "effect": True, "headers": {"Location": place}}


def _of_upload(upload_id: str) -> Fault:
    return {"action": "answer", "edits": [{"at": ["upload_id"], "set": upload_id}]}


_COMMON = (
    Way(STALE, lambda _next: {"action": "stale"}, is_others=True),
    Way("what was left on the next school's connection", lambda _next: {}, is_others=True, is_right=True),
    Way("the next school's id", lambda other: _set(other.school_id, "school_id")),
    Way("another term", lambda _next: _set(CLOSED_TERM, "term_id")),
)
_UNNAMED = (
    Way("no school", lambda _next: _without("school_id")),
    Way("no term", lambda _next: _without("term_id")),
)
_BATCHES = (
    *_COMMON,
    Way("the next school's batch", lambda other: _set(other.batch.batch_id, "batch_id")),
    Way("another batch of the own school", lambda _next: _set(_NO_BATCH, "batch_id")),
)
_DECISIONS = (
    Way("the next school's grades decided", lambda other: _set(other.results, "results")),
    Way("a grade more, of the next school", lambda other: _added(other.results[0], "results")),
    Way("a grade of another run, at another version", lambda _next: _set(7, "results", 0, "version")),
)
_REFUSALS = tuple(
    Way(
        f"the next school's {status}",
        lambda other, status=status: _says(status, {**other.echo, "error": "no", "received": False}),  # type: ignore[misc]
    )
    for status in (422, 503)
)
_UNKNOWN = (
    Way("the next school's 404", lambda other: _says(404, {**other.echo, "error": "unknown_batch"})),
    Way("another batch's 404", lambda _next: _says(404, {"batch_id": _NO_BATCH, "error": "unknown_batch"})),
)
_PLACES = (
    Way("the next school's receipt", lambda other: _elsewhere(f"/decisions/{other.ticket}"), takes=True),
    Way("the next school's batch as its place", lambda other: _elsewhere(f"/batches/{other.batch.batch_id}")),
)
_UPLOADS = (Way("the next school's upload", lambda other: _of_upload(other.ticket), takes=True),)


def _added(value: object, name: str) -> Fault:
    return {"action": "answer", "edits": [{"at": [name], "add": value}]}


WAYS: Mapping[Asked, tuple[Way, ...]] = {
    SUBMIT: (
        *_BATCHES,
        *_UNNAMED,
        Way("no batch", lambda _next: _without("batch_id")),
        *_DECISIONS,
        *_REFUSALS,
        *_PLACES,
    ),
    ASK: (*_BATCHES, *_DECISIONS, *_UNKNOWN, *_PLACES),
    DECISION: (*_BATCHES, *_UNKNOWN, *_PLACES),
    UPLOAD: (*_BATCHES, *_REFUSALS, *_UPLOADS),
    RESULT: (*_BATCHES, *_DECISIONS, *_UNKNOWN),
    FIND: (*_BATCHES, *_UNKNOWN, *_UPLOADS),
    LIST: (
        *_COMMON,
        *_UNNAMED,
        Way("another cursor's page", lambda _next: _set("1", "cursor")),
        Way("no cursor of its own", lambda _next: _without("cursor")),
        Way("the next school's grades as its own", lambda other: _set(other.held, "grades"), takes=True),
        Way(
            "a grade more, of the next school",
            lambda other: _added(other.held[0], "grades"),
            takes=True,
            end="needs_review",
        ),
    ),
}
