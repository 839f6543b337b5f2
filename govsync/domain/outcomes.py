"""What an exchange about a batch brings: pure, and with an outcome for every state and answer.

A batch that was sent is sent again only after ``NotTaken`` or ``NeverReceived``. Whatever else comes, its fate is
unknown and the government is asked; after three waits without a decision, or against its own word, it is parked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from govsync.domain.answers import (
    ContractBroken,
    CredentialsRefused,
    Decided,
    InProgress,
    NeverReceived,
    NotTaken,
    Refused,
    Unknown,
)
from govsync.domain.batches import CONTRADICTED, RETRY_WAITS_S, Batch, retry_wait_s
from govsync.domain.grades import GradeKey
from govsync.domain.states import BatchState

if TYPE_CHECKING:
    from govsync.domain.answers import BatchAnswer

DECIDES_WITHIN: Final = timedelta(minutes=30)  # how long a batch may be in progress at the government


@dataclass(frozen=True)
class Outcome:
    """The batch as it is then; ``rejected`` of a decision, with reasons; ``detail`` is a code for the history.

    The event is ``batch.<state>``. One in state ``split`` is to be followed by its halves.
    """

    batch: Batch
    detail: str = ""
    rejected: Mapping[GradeKey, str] = field(default_factory=dict)


def outcome_of(batch: Batch, answer: BatchAnswer, now: datetime) -> Outcome:
    """What becomes of a batch that was sent, or asked about, by the answer that came at ``now``."""
    match answer:
        case Decided(rejected=rejected):
            outcome = _decided(batch, rejected)
        case Refused(reason=reason):
            outcome = _refused(batch, reason, now)
        case InProgress():
            outcome = _in_progress(batch, answer, now)
        case NeverReceived():
            outcome = _never_received(batch, now)
        case NotTaken(reason=reason, asked_s=asked_s):  # of a question it says nothing about the batch
            after = BatchState.WAITING if batch.state is BatchState.SENDING else BatchState.UNKNOWN
            outcome = _undecided(batch, after, reason, now, asked_s)
        case Unknown(reason=reason, asked_s=asked_s):
            outcome = _undecided(batch, BatchState.UNKNOWN, reason, now, asked_s)
        case ContractBroken(reason=reason):
            outcome = _undecided(batch, BatchState.UNKNOWN, f"contract_broken.{reason}", now)
        case CredentialsRefused(reason=reason):  # the line stops; it has nothing to do with the batch
            outcome = Outcome(batch.moved(BatchState.UNKNOWN, retry_at=now), f"credentials_refused.{reason}")
    return outcome


def parked(batch: Batch, reason: str) -> Outcome:
    """The batch set apart, for a person or the run's next round."""
    return Outcome(batch.moved(BatchState.PARKED, reason=reason), reason)


def _decided(batch: Batch, rejected: Mapping[GradeKey, str], detail: str = "") -> Outcome:
    accepted = len(batch.grades) - len(rejected)
    state = BatchState.ACKNOWLEDGED if accepted else BatchState.REJECTED
    return Outcome(batch.moved(state, accepted=accepted, rejected=len(rejected)), detail, rejected)


def _refused(batch: Batch, reason: str, now: datetime) -> Outcome:
    if batch.state is not BatchState.SENDING:
        return _undecided(batch, BatchState.UNKNOWN, f"refused_when_asked.{reason}", now)
    if len(batch.grades) > 1:
        return Outcome(batch.moved(BatchState.SPLIT), reason)
    return _decided(batch, dict.fromkeys((grade.key for grade in batch.grades), reason), reason)


def _undecided(batch: Batch, state: BatchState, reason: str, now: datetime, asked_s: float = 0.0) -> Outcome:
    """One more exchange without a decision: wait 5, 15, 45 seconds, or what was asked for; then it is parked."""
    attempt = batch.attempt + 1
    wait_s = retry_wait_s(attempt)
    if wait_s is None:
        return parked(batch, reason)
    retry_at = now + timedelta(seconds=max(wait_s, asked_s))
    return Outcome(batch.moved(state, attempt=attempt, retry_at=retry_at), reason)


def _in_progress(batch: Batch, answer: InProgress, now: datetime) -> Outcome:
    """It has its time, and no try is used up; the receipt that came last is the one to ask with."""
    seen_at = batch.seen_at or now
    if now - seen_at > DECIDES_WITHIN:
        return parked(replace(batch, seen_at=seen_at), "never_decided")
    wait_s = max(float(RETRY_WAITS_S[min(batch.progress_told, len(RETRY_WAITS_S) - 1)]), answer.asked_s)
    after = batch.moved(
        BatchState.IN_PROGRESS,
        attempt=0,
        retry_at=now + timedelta(seconds=wait_s),
        seen_at=seen_at,
        receipt=answer.receipt or batch.receipt,
        progress_told=batch.progress_told + 1,
    )
    return Outcome(after)


def _never_received(batch: Batch, now: datetime) -> Outcome:
    if batch.seen_at is not None:
        return parked(batch, CONTRADICTED)
    if batch.settles_at is not None and now < batch.settles_at:
        return Outcome(batch.moved(BatchState.UNKNOWN, retry_at=batch.settles_at), "not_received_yet")
    return Outcome(batch.moved(BatchState.WAITING, retry_at=now, receipt=""), "never_received")
