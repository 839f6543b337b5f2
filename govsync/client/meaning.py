"""What each answer means: one total table of request and status, and what stands in none of its rows.

A row reads the form of body that is agreed on. A body that says it is JSON and is not of that form breaks the contract
where the status claims success; in every other case, and for every status without a row, nothing is known. So the
default is *unknown*, never "no effect" (``docs/GOVERNMENT-API.md`` prints the table).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from edu.logs import get_logger
from govsync.client import batch_answers, page_answers
from govsync.client.bodies import ContractBrokenError, NotThisFormError
from govsync.client.exchange import Answer
from govsync.client.failures import BadAnswerError, ExchangeFailedError, NotSentError
from govsync.client.questions import BatchQuestion, Operation, PageQuestion
from govsync.client.retry_after import retry_after_s
from govsync.client.transport import Response
from govsync.domain.answers import (
    BatchAnswer,
    ContractBroken,
    CredentialsRefused,
    Decided,
    HeldPage,
    InProgress,
    NeverReceived,
    NotTaken,
    PageAnswer,
    Refused,
    Unknown,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Question = TypeVar("Question", BatchQuestion, PageQuestion)
_FIRST_REDIRECT: Final = 300
_FIRST_SERVER_ERROR: Final = 500
_NOT_ABOUT_THE_BATCH: Final = frozenset({408, 425, 429})
# Without a connection what was to be sent had no effect. A question that was never asked says nothing about its batch.
NOT_SENT: Final[Mapping[Operation, type[NotTaken | Unknown]]] = {
    Operation.SUBMIT: NotTaken,
    Operation.UPLOAD: NotTaken,
    Operation.LIST: NotTaken,
    Operation.ASK: Unknown,
    Operation.RESULT: Unknown,
    Operation.FIND: Unknown,
}
_log = get_logger(__name__)


@dataclass(frozen=True)
class Row(Generic[Question, Answer]):
    """An answer to these requests, with one of these statuses, whose body has this form (in words), means this.

    ``read`` raises when the body has another form. ``takes_any_body``: the status alone says it.
    """

    operations: tuple[Operation, ...]
    statuses: tuple[int, ...]
    form: str
    means: type[Answer]
    read: Callable[[Response, Question], Answer]
    takes_any_body: bool = False


_SENT = (Operation.SUBMIT, Operation.UPLOAD)
_ASKED = (Operation.ASK, Operation.RESULT, Operation.FIND)
BATCH_ROWS: Final[Sequence[Row[BatchQuestion, BatchAnswer]]] = (
    Row((Operation.SUBMIT,), (200, 201), "each grade once", Decided, batch_answers.read_decision),
    Row((Operation.ASK, Operation.RESULT), (200,), "each grade once", Decided, batch_answers.read_decision),
    Row((Operation.SUBMIT,), (202,), "`in_progress`, with a `Location`", InProgress, batch_answers.read_taken),
    Row((Operation.ASK,), (202,), "`in_progress`", InProgress, batch_answers.read_still),
    Row((Operation.UPLOAD,), (202,), "`in_progress`, with an `upload_id`", InProgress, batch_answers.read_uploaded),
    Row((Operation.RESULT,), (202,), "`in_progress`", InProgress, batch_answers.read_still_uploaded),
    Row((Operation.FIND,), (200,), "`upload_id`", InProgress, batch_answers.read_found),
    Row(_SENT, (400, 413, 422), "`error`, `received: false`", Refused, batch_answers.read_refusal),
    Row(_SENT, (429, 503), "`error`, `received: false`", NotTaken, batch_answers.read_busy),
    Row(_ASKED, (404,), "`error: unknown_batch`", NeverReceived, batch_answers.read_unknown_batch),
    Row(
        _SENT + _ASKED, (401,), "any, or none", CredentialsRefused, batch_answers.read_unauthorized, takes_any_body=True
    ),
    Row(_SENT + _ASKED, (403,), "`error`", CredentialsRefused, batch_answers.read_key_refused),
)
PAGE_ROWS: Final[Sequence[Row[PageQuestion, PageAnswer]]] = (
    Row((Operation.LIST,), (200,), "a page of grades", HeldPage, page_answers.read_page),
    Row((Operation.LIST,), (429, 503), "`error`, `received: false`", NotTaken, page_answers.read_busy_list),
    Row(
        (Operation.LIST,),
        (401,),
        "any, or none",
        CredentialsRefused,
        batch_answers.read_unauthorized,
        takes_any_body=True,
    ),
    Row((Operation.LIST,), (403,), "`error`", CredentialsRefused, batch_answers.read_key_refused),
)


def meaning_of(
    response: Response, question: Question, rows: Sequence[Row[Question, Answer]]
) -> Answer | Unknown | ContractBroken:
    """What an answer means. Total: nothing is raised, whatever stands in it."""
    row = next((r for r in rows if question.operation in r.operations and response.status in r.statuses), None)
    if row is None or not (row.takes_any_body or _says_json(response)):
        return _unknown(response)
    try:
        return row.read(response, question)
    except NotThisFormError:
        claims_success = response.status < _FIRST_REDIRECT
        return ContractBroken("not_as_agreed") if claims_success else _unknown(response)
    except ContractBrokenError as error:
        return ContractBroken(error.code)
    except Exception as error:  # noqa: BLE001 - reading a stranger's words is total: the default is a named answer
        _log.warning("an answer of the government cannot be read", error=type(error).__name__)
        return ContractBroken("unreadable_answer")


def meaning_of_failure(failure: ExchangeFailedError, operation: Operation) -> NotTaken | Unknown | ContractBroken:
    """What it means that there is no answer, or none that can be read."""
    match failure:
        case NotSentError():
            return NOT_SENT[operation](failure.code)
        case BadAnswerError():
            return ContractBroken(failure.code)
        case _:
            return Unknown(failure.code)


def _says_json(response: Response) -> bool:
    """Whether there is a body that is said to be JSON; a proxy's page is not."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return bool(response.body) and kind == "application/json"


def _unknown(response: Response) -> Unknown:
    status = response.status
    is_upstream = status >= _FIRST_SERVER_ERROR or status in _NOT_ABOUT_THE_BATCH or not _says_json(response)
    return Unknown(f"http_{status}", retry_after_s(response.headers), is_upstream)
