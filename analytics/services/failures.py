"""What did not reach the lake: listed, made good from the table, or given up, by the platform's operator.

A pipe's dead letter says where its records stood in the stream, which keeps a day, so AWS's own redrive brings none of
them back; an error object's records nobody may read. Both say when they were written. So what they are about is audited
in every registered school and refilled (``auditing``), and only when every audit has closed the message or the object
goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from django.conf import settings

from analytics.domain.datasets import Dataset
from analytics.domain.failures import Loss, UnreadableFailureError, read_dead_letter, read_error_key
from analytics.errors import FailureNotFoundError, FailureNotRedrivableError
from analytics.lake import error_objects
from analytics.services import auditing
from analytics.services.auditing import Audited, Refill, Span
from behavior.domain.events import CLOCK_SKEW, KEPT_FOR, LONGEST_ON_ITS_WAY
from edu.aws.dead_letter_queue import DeadLetters
from edu.errors import ConfigurationError
from edu.logs import get_logger
from edu.reasons import checked_reason
from edu.schools import list_schools
from edu.tenancy import enter_school

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analytics.lake.store import StoredObject
    from edu.aws.dead_letter_queue import QueuedMessage
    from edu.identity.principal import Principal

# Between a record's own instant and the stream's: the writer's clock, and a minute until it is sent (edu.audit_log).
_APART: Final = CLOCK_SKEW + timedelta(minutes=1)
_log = get_logger(__name__)


class Source(StrEnum):
    """Where a failure lies."""

    MESSAGE = "message"
    OBJECT = "object"


@dataclass(frozen=True, slots=True)
class Failure:
    """A pipe's dead letter (``name``: its message's id) or the delivery's error object (its key).

    ``details``: what a person may see of it. ``loss`` is what it is about, none where there is a ``fault``: what it is
    instead of a failure's message or key.
    """

    source: Source
    name: str
    details: Mapping[str, str]
    loss: Loss | None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a failure: it is gone, or it is there still, and ``left`` says why."""

    failure: Failure
    left: str = ""


def list_failures() -> list[Failure]:
    """The pipe's dead letters, the oldest first and some thousand of more, then the error objects by key.

    Raises:
        DeadLettersUnavailableError: SQS does not answer, or refuses.
        StoreUnavailableError, AccessDeniedError: S3 does.
    """
    with _dead_letters().held() as held:
        messages = sorted(held, key=lambda message: (message.sent_at, message.message_id))
    return [*map(_of_message, messages), *map(_of_object, error_objects.list_error_objects())]


def redrive(*, name: str | None, reason: str, actor: Principal) -> list[Outcome]:
    """Make good what one failure, or all (``None``), is about, and remove it once that is so in every school.

    What is asked of a dataset's failures together is audited once: of the grade book day by day, from the first to the
    last of them; of events all that the table still has. When an audit stays open, all of that dataset stay.
    Idempotent: a failure that is still there is made good again, and killed anywhere only those are gone whose audits
    had closed.

    Raises:
        FailureNotFoundError: it is not there.
        FailureNotRedrivableError: the one that was named cannot be judged. Of all, those are left.
        InvalidInputError: no reason, or one that is no line.
        LakeChangingError, LakeDamagedError: see ``auditing.audit_span``; nothing was removed.
        DeadLettersUnavailableError, StoreUnavailableError, AccessDeniedError: see ``list_failures``.
    """
    refill = Refill(actor, checked_reason(reason))
    chosen = _chosen(name)
    left = {failure.name: refusal for failure in chosen if (refusal := _refusal(failure))}
    if name is not None and left:
        raise FailureNotRedrivableError(f"{name}: {left[name]}")
    judged = {failure.name: failure.loss for failure in chosen if failure.loss and failure.name not in left}
    for dataset in Dataset:
        of_it = {each: loss for each, loss in judged.items() if dataset in loss.datasets}
        if of_it and (schools := _audited_open(dataset, list(of_it.values()), refill)):
            left |= dict.fromkeys(of_it, f"the audit of {dataset} is open in {', '.join(schools)}; lake_audit says why")
    going = [failure for failure in chosen if failure.name not in left]
    left |= _remove(going, "lake failure made good", refill.reason)
    return [Outcome(failure, left.get(failure.name, "")) for failure in chosen]


def discard(*, name: str | None, reason: str) -> list[Outcome]:
    """Give one failure up, or all (``None``). The log keeps the reason, for no school is named in one.

    Raises:
        FailureNotFoundError, InvalidInputError: as ``redrive``.
        DeadLettersUnavailableError, StoreUnavailableError, AccessDeniedError: see ``list_failures``; some may be gone.
    """
    said = checked_reason(reason)
    chosen = _chosen(name)
    left = _remove(chosen, "lake failure given up", said)
    return [Outcome(failure, left.get(failure.name, "")) for failure in chosen]


def _chosen(name: str | None) -> list[Failure]:
    chosen = [failure for failure in list_failures() if name in {None, failure.name}]
    if name is not None and not chosen:
        raise FailureNotFoundError(name)
    return chosen


def _dead_letters() -> DeadLetters:
    if not settings.PIPE_DLQ_URL:
        raise ConfigurationError("LIBRETA_PIPE_DLQ_URL is missing; manage.py deploy writes it")
    return DeadLetters(settings.PIPE_DLQ_URL)


def _of_message(message: QueuedMessage) -> Failure:
    received = {"received": str(message.received)}
    try:
        letter = read_dead_letter(message.body)
    except UnreadableFailureError as error:
        return Failure(Source.MESSAGE, message.message_id, received, None, str(error))
    details = {
        "pipe": letter.pipe,
        "condition": letter.condition,
        "records": str(letter.records),
        "first": letter.first_at.isoformat(timespec="seconds"),
        "last": letter.last_at.isoformat(timespec="seconds"),
    }
    return Failure(Source.MESSAGE, message.message_id, details | received, letter.loss)


def _of_object(found: StoredObject) -> Failure:
    modified_at = found.modified_at.astimezone(UTC)
    stored = {"bytes": str(found.size), "modified": modified_at.isoformat(timespec="seconds")}
    try:
        named = read_error_key(found.key)
    except UnreadableFailureError as error:
        return Failure(Source.OBJECT, found.key, stored, None, str(error))
    details = {"dataset": str(named.dataset), "type": named.error_type, "day": named.day.isoformat()}
    return Failure(Source.OBJECT, found.key, details | stored, named.loss(modified_at=modified_at))


def _refusal(failure: Failure) -> str:
    """Why nobody can judge whether what it is about is in the lake, if so."""
    loss = failure.loss
    if loss is None:
        return f"{failure.fault}, so nobody can tell what it is about; discard gives it up"
    if loss.until + _APART > auditing.settled_until():
        when = loss.until + _APART + auditing.JUDGED_AFTER + timedelta(seconds=1)
        return f"it can be judged from {when.isoformat(timespec='seconds')} on"
    # an event that arrived so long before may be stored only then; what is older a worker refuses
    if Dataset.EVENTS in loss.datasets and loss.since - _APART - LONGEST_ON_ITS_WAY < auditing.events_kept_since():
        since = f"of an event that was {LONGEST_ON_ITS_WAY.days} days on its way"
        return (
            f"the table keeps events for {KEPT_FOR.days} days, and {since} it may have nothing any more; "
            "lake_audit refills the others, discard gives it up"
        )
    return ""


def _audited_open(dataset: Dataset, losses: Sequence[Loss], refill: Refill) -> list[str]:
    """The schools in which it stays open. Every school is audited and refilled, whatever another's came to."""
    days = _days_of(losses)
    found = []
    for school in list_schools():
        with enter_school(school.school_id):
            audited = _audit(dataset, days, refill)
        if not all(one.findings.is_closed for one in audited):
            found.append(school.school_id)
    return found


def _audit(dataset: Dataset, days: Sequence[Span], refill: Refill) -> list[Audited]:
    """Of events all at once: a student's are read in one query, whatever the days."""
    if dataset is Dataset.EVENTS:
        return [auditing.audit_kept_events(days[-1].until, refill=refill)]
    return [one for day in days for one in auditing.audit_span(day, refill=refill, datasets=[dataset])]


def _days_of(losses: Sequence[Loss]) -> list[Span]:
    first, last = min(loss.since for loss in losses) - _APART, max(loss.until for loss in losses) + _APART
    return list(auditing.days_of(first.date(), last.date()))


def _remove(failures: Sequence[Failure], what: str, reason: str) -> dict[str, str]:
    """Remove them, each after its line in the log. Returns why some are left: SQS may not show a message at once."""
    messages = {failure.name: failure for failure in failures if failure.source is Source.MESSAGE}
    left = dict.fromkeys(messages, "it was not received again; somebody else may just look at it")
    if messages:
        dead = _dead_letters()
        with dead.held() as held:
            for message in [one for one in held if one.message_id in messages]:
                _tell(messages[message.message_id], what, reason)
                dead.remove(message)
                held.remove(message)
                del left[message.message_id]
    for failure in failures:
        if failure.source is Source.OBJECT:
            _tell(failure, what, reason)
            error_objects.delete_error_object(failure.name)
    return left


def _tell(failure: Failure, what: str, reason: str) -> None:
    _log.warning(what, source=str(failure.source), name=failure.name, reason=reason, **failure.details)
