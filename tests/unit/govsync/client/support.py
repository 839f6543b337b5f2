"""A batch, and answers about it as the contract has them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from govsync.client.meaning import BATCH_ROWS, PAGE_ROWS, meaning_of
from govsync.client.questions import BatchQuestion, Operation, PageQuestion
from govsync.client.transport import Response
from govsync.domain.batches import canonical_body, prepare_batch
from govsync.domain.grades import SubmittedGrade

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping

    from govsync.domain.answers import BatchAnswer, PageAnswer

SCHOOL, TERM, KEY = "escuela-a", "2026-q4", "made-up-key-of-a-made-up-government"
PLACE = {"school_id": SCHOOL, "term_id": TERM}
FIRST = SubmittedGrade("e1", "s1", 1, "c", "recorded", "5.5")
SECOND = SubmittedGrade("e1", "s2", 3, "c", "absent")
GRADES = (FIRST, SECOND)
BATCH = prepare_batch(1, GRADES, **PLACE, run_id="2026-q4-r1")
BODY = canonical_body(1, GRADES, **PLACE, run_id="2026-q4-r1")
ECHO = {"batch_id": BATCH.batch_id, **PLACE}
JSON = {"content-type": "application/json"}
ORIGIN = "http://127.0.0.1:8002"
_TARGETS = {
    Operation.SUBMIT: "/api/batches",
    Operation.ASK: f"/api/batches/{BATCH.batch_id}",
    Operation.UPLOAD: "/api/uploads",
    Operation.RESULT: "/api/uploads/u-1/result",
    Operation.FIND: f"/api/uploads?batch_id={BATCH.batch_id}",
}


def result_of(grade: SubmittedGrade, **changes: Any) -> dict[str, Any]:
    """The decision on a grade."""
    named = {"evaluation_id": grade.evaluation_id, "student_id": grade.student_id, "version": grade.version}
    return {**named, "status": "accepted", **changes}


def decision(*results: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A decision on a batch; on all of it, without results."""
    return {**ECHO, "results": list(results) or [result_of(FIRST), result_of(SECOND)], **changes}


def refusal(error: str = "malformed_batch", **changes: Any) -> dict[str, Any]:
    """A batch that was not received."""
    return {"batch_id": BATCH.batch_id, "error": error, "received": False, **changes}


def page(*grades: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The first page of held grades."""
    return {**PLACE, "cursor": None, "grades": list(grades), "next_cursor": None, **changes}


def held(**changes: Any) -> dict[str, Any]:
    """A grade that the government holds."""
    named = {"evaluation_id": "e1", "student_id": "s1", "version": 1, "course_id": "c", "state": "recorded"}
    return {**named, "value": "5.5", **changes}


def without(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The body without one of its members."""
    return {other: value for other, value in body.items() if other != name}


def question_of(operation: Operation) -> BatchQuestion:
    """A question about the batch."""
    batch = replace(BATCH, receipt="u-1") if operation is Operation.RESULT else BATCH
    return BatchQuestion(operation, batch, SCHOOL, TERM, ORIGIN, _TARGETS[operation])


def read(operation: Operation, status: int, body: object, headers: Mapping[str, str] = JSON) -> BatchAnswer:
    """What an answer about the batch means; ``body`` as bytes, or to be made JSON."""
    return meaning_of(_response(status, body, headers), question_of(operation), BATCH_ROWS)


def read_list(
    status: int,
    body: object,
    headers: Mapping[str, str] = JSON,
    *,
    cursor: str | None = None,
    limit: int = 500,
) -> PageAnswer:
    """What an answer to the list means."""
    question = PageQuestion(SCHOOL, TERM, cursor, limit, "/api/terms/2026-q4/schools/escuela-a/grades?limit=500")
    return meaning_of(_response(status, body, headers), question, PAGE_ROWS)


def http(status: int, body: object, *lines: str) -> bytes:
    """An answer as it goes over the wire."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = [f"HTTP/1.1 {status} X", "Content-Type: application/json", f"Content-Length: {len(content)}", *lines]
    return "\r\n".join([*head, "", ""]).encode("latin-1") + content


def saying(*pieces: bytes) -> Callable[[socket.socket], None]:
    """What a scripted server does: send these bytes."""

    def answer(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)

    return answer


def _response(status: int, body: object, headers: Mapping[str, str]) -> Response:
    return Response(status, headers, body if isinstance(body, bytes) else json.dumps(body).encode())
