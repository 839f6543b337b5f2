"""What answers about a batch say, each form read by a function of its own.

All take an answer that says it is JSON and the question, and raise what ``govsync.client.bodies`` names.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urljoin, urlsplit

import msgspec

from govsync.client.bodies import ContractBrokenError, NotThisFormError, code_of, decode, require_printable
from govsync.client.connecting import PORTS
from govsync.client.retry_after import retry_after_s
from govsync.domain.answers import CredentialsRefused, Decided, InProgress, NeverReceived, NotTaken, Refused

if TYPE_CHECKING:
    from govsync.client.questions import BatchQuestion, PageQuestion
    from govsync.client.transport import Response

_TARGET = re.compile(r"/[!-~]{0,511}")
_BATCH_ADDRESS = re.compile(r"/batches/([0-9a-f]{64})")
_NO_SEGMENTS: Final = frozenset({".", ".."})  # as an upload's id it would make another address


class _Bound(msgspec.Struct):
    batch_id: str
    school_id: str
    term_id: str


class _Result(msgspec.Struct):
    evaluation_id: str
    student_id: str
    version: int
    status: Literal["accepted", "rejected"]
    reason: str | None = None


class _Decision(_Bound):
    results: list[_Result]


class _Progress(_Bound):
    status: Literal["in_progress"]


class _Upload(_Bound):
    upload_id: str


class _UploadTaken(_Progress):
    upload_id: str


class _Refusal(msgspec.Struct):
    """The batch's id is made of its school and term, so that it binds the answer alone; named, they must fit too."""

    batch_id: str
    error: str
    received: bool | None = None
    school_id: str | None = None
    term_id: str | None = None


class _KeyRefusal(msgspec.Struct):
    error: str


def read_decision(response: Response, question: BatchQuestion) -> Decided:
    """A decision on each of the batch's grades, exactly once."""
    answer = decode(response.body, _Decision)
    _require_bound(answer, question)
    decided = {(r.evaluation_id, r.student_id, r.version): r for r in answer.results}
    if len(decided) < len(answer.results) or decided.keys() != {grade.key for grade in question.batch.grades}:
        raise ContractBrokenError("other_grades_decided")
    rejected = {
        key: code_of(result.reason) if result.reason else "no_reason_given"
        for key, result in decided.items()
        if result.status == "rejected"
    }
    return Decided(frozenset(decided.keys() - rejected.keys()), rejected)


def read_taken(response: Response, question: BatchQuestion) -> InProgress:
    """The batch is in progress, and its ``Location`` says where it is asked about."""
    _require_bound(decode(response.body, _Progress), question)
    if "location" not in response.headers:
        raise ContractBrokenError("no_location")
    receipt = _target_on_same_host(question, response.headers["location"])
    return InProgress(receipt, retry_after_s(response.headers))


def read_still(response: Response, question: BatchQuestion) -> InProgress:
    """It is still in progress: asked about at a new ``Location``, or where it was."""
    _require_bound(decode(response.body, _Progress), question)
    location = response.headers.get("location", question.target)
    return InProgress(_target_on_same_host(question, location), retry_after_s(response.headers))


def read_uploaded(response: Response, question: BatchQuestion) -> InProgress:
    """The upload was taken, under an id."""
    answer = decode(response.body, _UploadTaken)
    _require_bound(answer, question)
    return InProgress(_upload_id(answer.upload_id), retry_after_s(response.headers))


def read_still_uploaded(response: Response, question: BatchQuestion) -> InProgress:
    """The upload's result is not there yet."""
    _require_bound(decode(response.body, _Progress), question)
    return InProgress(question.batch.receipt, retry_after_s(response.headers))


def read_found(response: Response, question: BatchQuestion) -> InProgress:
    """The upload of the batch, whose id was lost."""
    answer = decode(response.body, _Upload)
    _require_bound(answer, question)
    return InProgress(_upload_id(answer.upload_id))


def read_refusal(response: Response, question: BatchQuestion) -> Refused:
    """The batch is refused as a whole."""
    return Refused(_refusal(response, question))


def read_busy(response: Response, question: BatchQuestion) -> NotTaken:
    """The batch was not looked at."""
    return NotTaken(_refusal(response, question), retry_after_s(response.headers))


def read_unknown_batch(response: Response, question: BatchQuestion) -> NeverReceived:
    """The API's own word that it does not know the batch."""
    answer = decode(response.body, _Refusal)
    if answer.error != "unknown_batch":
        raise NotThisFormError
    _require_bound(answer, question)
    return NeverReceived()


def read_key_refused(response: Response, _question: BatchQuestion | PageQuestion) -> CredentialsRefused:
    """The API's own word that our key may not do this."""
    return CredentialsRefused(code_of(decode(response.body, _KeyRefusal).error))


def read_unauthorized(response: Response, _question: BatchQuestion | PageQuestion) -> CredentialsRefused:
    """A 401, whoever says it: waiting for it to pass would be silent."""
    return CredentialsRefused(f"http_{response.status}")


def _refusal(response: Response, question: BatchQuestion) -> str:
    answer = decode(response.body, _Refusal)
    if answer.received is not False:
        raise NotThisFormError
    _require_bound(answer, question)
    return code_of(answer.error)


def _require_bound(answer: _Bound | _Refusal, question: BatchQuestion) -> None:
    said = (answer.batch_id, answer.school_id, answer.term_id)
    ours = (question.batch.batch_id, question.school_id, question.term_id)
    if any(one not in {None, other} for one, other in zip(said, ours, strict=True)):
        raise ContractBrokenError("answers_another_question")


def _target_on_same_host(question: BatchQuestion, location: str) -> str:
    require_printable(location, "malformed_location")
    try:
        found = urlsplit(urljoin(question.origin + question.target, location))
        port = found.port
    except ValueError as error:
        raise ContractBrokenError("malformed_location") from error
    asked = urlsplit(question.origin)
    same_port = (port or PORTS.get(found.scheme)) == (asked.port or PORTS[asked.scheme])
    if (found.scheme, found.hostname, found.username) != (asked.scheme, asked.hostname, None) or not same_port:
        raise ContractBrokenError("foreign_location")
    target = found._replace(scheme="", netloc="", fragment="").geturl()
    if not _TARGET.fullmatch(target):
        raise ContractBrokenError("malformed_location")
    if any(named != question.batch.batch_id for named in _BATCH_ADDRESS.findall(target)):
        raise ContractBrokenError("answers_another_question")
    return target


def _upload_id(text: str) -> str:
    if text in _NO_SEGMENTS:
        raise ContractBrokenError("malformed_upload_id")
    return require_printable(text, "malformed_upload_id")
