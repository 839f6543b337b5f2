"""Messages that no worker could take, for a person: seen without what they hold, sent again, or given up.

Whatever is done leaves an entry in the audit trail of every school that the message names, before it is done: an entry
may stand for something that then failed, but nothing is done without one.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings

from edu import audit
from edu.aws.dead_letter_queue import DeadLetterQueue
from edu.dynamo.transactions import Transaction
from edu.envelopes import BrokenEnvelopeError, read_envelope
from edu.errors import NotFoundError
from edu.identity.principal import Principal
from edu.logs import get_logger
from edu.reasons import MAX_REASON_CHARS, checked_reason
from edu.schools import list_schools
from edu.tenancy import enter_school
from edu.values import is_school_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edu.aws.dead_letter_queue import QueuedMessage
    from edu.queues import QueueDeclaration

_log = get_logger(__name__)


class DeadLetterNotFoundError(NotFoundError):
    """No such message is among the dead letters; somebody else may just look at it."""

    code = "no_such_message"


@dataclass(frozen=True)
class DeadLetter:
    """A message as a person may see it: nothing of its arguments but the schools it names and how many events it holds.

    ``fault`` is why a worker set it aside, or what is wrong with its envelope, empty if neither is known; ``received``
    how often it was given to somebody.
    """

    message_id: str
    sent_at: datetime
    received: int
    size_bytes: int
    task: str
    schools: tuple[str, ...]
    events: int
    fault: str


@dataclass(frozen=True, kw_only=True)
class _Doing:
    again: bool
    reason: str
    actor: Principal


def list_dead_letters(queue: QueueDeclaration) -> list[DeadLetter]:
    """The dead letters of a queue, the oldest first; of more than a thousand, some thousand.

    Raises:
        DeadLettersUnavailableError: SQS does not answer.
    """
    with _dead_letters_of(queue).held() as held:
        letters = [_letter(message, queue) for message in held]
    return sorted(letters, key=lambda letter: (letter.sent_at, letter.message_id))


def redrive(queue: QueueDeclaration, *, message_id: str | None, reason: str, actor: Principal) -> list[DeadLetter]:
    """Send one dead letter, or all (``None``), to its queue again.

    A message is sent before it is removed here: killed in between it lies in both, and the workers bear that.

    Raises:
        DeadLetterNotFoundError: it is not there, nothing was done.
        InvalidInputError: no reason, or one that is no line.
        DeadLettersUnavailableError: SQS does not answer; some may be done.
    """
    dead = _dead_letters_of(queue)
    return _handle(queue, dead, message_id, _Doing(again=True, reason=checked_reason(reason), actor=actor))


def discard(queue: QueueDeclaration, *, message_id: str | None, reason: str, actor: Principal) -> list[DeadLetter]:
    """Give one dead letter up, or all (``None``). What it held is gone. Errors as of ``redrive``."""
    dead = _dead_letters_of(queue)
    return _handle(queue, dead, message_id, _Doing(again=False, reason=checked_reason(reason), actor=actor))


def _handle(queue: QueueDeclaration, dead: DeadLetterQueue, message_id: str | None, doing: _Doing) -> list[DeadLetter]:
    registered = {school.school_id for school in list_schools()}
    done: list[DeadLetter] = []
    with dead.held() as held:
        chosen = [message for message in held if message_id in {None, message.message_id}]
        if message_id is not None and not chosen:
            raise DeadLetterNotFoundError(message_id)
        for message in chosen:
            letter = _letter(message, queue)
            _audit(letter, registered, doing)
            if doing.again:
                dead.send_again(message)
            dead.remove(message)
            held.remove(message)
            done.append(letter)
            what = "dead letter sent again" if doing.again else "dead letter given up"
            _log.info(what, message_id=letter.message_id, queue=queue.name, schools=len(letter.schools))
    return done


def _dead_letters_of(queue: QueueDeclaration) -> DeadLetterQueue:
    return DeadLetterQueue(getattr(settings, queue.setting))


def _audit(letter: DeadLetter, registered: set[str], doing: _Doing) -> None:
    for school_id in letter.schools:
        if school_id not in registered:
            continue
        with enter_school(school_id):
            transaction = Transaction()
            audit.add_entry(
                transaction,
                actor=doing.actor,
                action="dead_letter.redriven" if doing.again else "dead_letter.discarded",
                subject=f"dead_letter:{letter.message_id}",
                version=1,
                digests=("", ""),
                reason=doing.reason,
            )
            transaction.commit()


def _letter(message: QueuedMessage, queue: QueueDeclaration) -> DeadLetter:
    task, fault, arguments = "", _shown(message.reason), None
    try:
        envelope = read_envelope(message.body, queue=queue.name)
        task = envelope["headers"]["task"]
        arguments = json.loads(base64.b64decode(envelope["body"]))[:2]
    except BrokenEnvelopeError as error:
        fault = fault or str(error.fault)
    return DeadLetter(
        message_id=message.message_id,
        sent_at=message.sent_at,
        received=message.received,
        size_bytes=len(message.body.encode()),
        task=task,
        schools=tuple(sorted(set(_schools_in(arguments)))),
        events=sum(_events_in(arguments)),
        fault=fault,
    )


def _shown(reason: str) -> str:
    """A reason as far as it is one of ours: it was put beside the message, by whoever may send."""
    return reason if len(reason) <= MAX_REASON_CHARS and reason.isascii() and reason.isprintable() else ""


def _schools_in(value: object) -> Iterator[str]:
    for name, inner in _members(value):
        if name == "school_id" and isinstance(inner, str) and is_school_id(inner):
            yield inner
        yield from _schools_in(inner)


def _events_in(value: object) -> Iterator[int]:
    for name, inner in _members(value):
        if name == "events" and isinstance(inner, list):
            yield len(inner)
        else:
            yield from _events_in(inner)


def _members(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from (("", inner) for inner in value)
