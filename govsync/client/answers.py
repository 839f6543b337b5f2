"""What an answer of the government means for a batch. Pure: status and body in, meaning out.

Only a decision about each grade is a decision, or a refusal of what was sent (400, 413, 422), which does not say which
grade is to blame. Everything else is tried again: 408, 409, 425, 429 and 5xx are not permanent, and what is wrong with
our key, our address or the form of our requests says nothing about the grades.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import msgspec

from edu import clock
from govsync.domain.grades import GradeKey, SubmittedGrade

if TYPE_CHECKING:
    from collections.abc import Iterable

    from govsync.domain.batches import Batch

MAX_PAGE_GRADES = 500
MAX_RETRY_AFTER_S = 3600.0
_OK, _NOT_FOUND = 200, 404
# The request may have taken effect before it failed: the government is asked before it is sent again.
_EFFECT_POSSIBLE = frozenset({408, 409, 500, 502, 504})
# The government looked at what was sent and will never take it. After any other status it did not look at the grades:
# it was too busy, or our key, our address or the form of our requests is wrong, and an operator can put it right.
_ABOUT_GRADES = frozenset({400, 413, 422})


@dataclass(frozen=True)
class Decided:
    """The government decided on each grade: ``rejected`` gives its reason, all others it holds."""

    accepted: frozenset[GradeKey]
    rejected: Mapping[GradeKey, str]


@dataclass(frozen=True)
class Refused:
    """The government will never take this batch, as a whole; which of its grades is why, it does not say."""

    reason: str


@dataclass(frozen=True)
class Later:
    """It had no effect and may be sent again; ``asked_s``: the seconds ``Retry-After`` asks for, 0 without one."""

    reason: str
    asked_s: float = 0.0


@dataclass(frozen=True)
class Unknown:
    """It may have had its effect or not."""

    reason: str
    asked_s: float = 0.0


@dataclass(frozen=True)
class NeverReceived:
    """The government does not know the batch it was asked about."""


@dataclass(frozen=True)
class HeldPage:
    """Some of the grades the government holds, and the cursor of the next page (``None``: this is the last)."""

    grades: tuple[SubmittedGrade, ...]
    next_cursor: str | None


GovernmentAnswer = Decided | Refused | Later | Unknown | NeverReceived | HeldPage


class _Result(msgspec.Struct):
    evaluation_id: str
    student_id: str
    version: int
    status: str
    reason: str = ""


class _BatchBody(msgspec.Struct):
    batch_id: str
    results: list[_Result]


class _PageBody(msgspec.Struct):
    grades: list[SubmittedGrade]
    next_cursor: str | None = None


def read_submission(status: int, headers: Mapping[str, str], body: bytes, expected: Batch) -> GovernmentAnswer:
    """The meaning of an answer to sending a batch."""
    if status in {200, 201}:
        return _decided(body, expected) or Unknown("malformed_answer")
    if status in _EFFECT_POSSIBLE:
        return Unknown(f"http_{status}", retry_after_s(headers))
    if status in _ABOUT_GRADES:
        return Refused(f"http_{status}")
    return Later(f"http_{status}", retry_after_s(headers))


def read_inquiry(status: int, headers: Mapping[str, str], body: bytes, expected: Batch) -> GovernmentAnswer:
    """The meaning of an answer to asking about a batch."""
    if status == _OK:
        return _decided(body, expected) or Unknown("malformed_answer")
    if status == _NOT_FOUND and _says_unknown_batch(body):
        return NeverReceived()
    return Unknown(f"http_{status}", retry_after_s(headers))


def read_page(status: int, headers: Mapping[str, str], body: bytes) -> GovernmentAnswer:
    """The meaning of an answer to asking for held grades."""
    if status != _OK:
        return Later(f"http_{status}", retry_after_s(headers))
    try:
        page = msgspec.json.decode(body, type=_PageBody)
    except msgspec.DecodeError:
        return Later("malformed_answer")
    if len(page.grades) > MAX_PAGE_GRADES:
        return Later("oversized_page")
    return HeldPage(tuple(page.grades), page.next_cursor)


def retry_after_s(headers: Mapping[str, str]) -> float:
    """The seconds ``Retry-After`` asks for, as a number or a date (RFC 9110, 10.2.3); 0 when it asks for nothing."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), MAX_RETRY_AFTER_S)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max((until - clock.now()).total_seconds(), 0.0), MAX_RETRY_AFTER_S)


def _decided(body: bytes, expected: Batch) -> Decided | None:
    """The decisions, when they are about this batch and about each of its grades exactly once."""
    try:
        answer = msgspec.json.decode(body, type=_BatchBody)
    except msgspec.DecodeError:
        return None
    decided = {(r.evaluation_id, r.student_id, r.version): r for r in answer.results}
    complete = len(decided) == len(answer.results) and decided.keys() == _keys(expected.grades)
    if answer.batch_id != expected.batch_id or not complete:
        return None
    if {result.status for result in answer.results} - {"accepted", "rejected"}:
        return None
    rejected = {key: r.reason or "no_reason_given" for key, r in decided.items() if r.status == "rejected"}
    return Decided(frozenset(decided.keys() - rejected.keys()), rejected)


def _keys(grades: Iterable[SubmittedGrade]) -> set[GradeKey]:
    return {grade.key for grade in grades}


def _says_unknown_batch(body: bytes) -> bool:
    """A 404 of the API itself, not of some proxy on the way: only that one allows sending again."""
    try:
        problem = msgspec.json.decode(body, type=dict[str, object])
    except msgspec.DecodeError:
        return False
    return problem.get("error") == "unknown_batch"
