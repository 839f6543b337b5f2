"""Writing down what an exchange about a batch brought: a decision on its grades, or none yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from edu import clock
from edu.dynamo.errors import ConditionFailedError
from edu.logs import get_logger
from edu.tenancy import current_school_id
from evaluations.domain.evaluation import ScoreState
from evaluations.services import GovernmentGrade, acknowledge_grades
from govsync.client import Exchange, Later, NeverReceived, Refused, Settled, Unknown
from govsync.domain.batches import Batch, BatchState, retry_wait_s, split_batch
from govsync.domain.grades import Grade, GradeKey, SetApart
from govsync.domain.runs import RunState, SyncRun
from govsync.repository import lanes, runs
from govsync.services.steps import GO_ON, Advance, entry_of, wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edu.dynamo.transactions import Transaction

_log = get_logger(__name__)


@dataclass(frozen=True)
class Decision:
    """An exchange about a batch, with the run and the batch as they stood when it took place."""

    run: SyncRun
    batch: Batch
    exchange: Exchange
    actor: str


def record(decision: Decision) -> Advance:
    """Write the exchange's outcome in one transaction.

    Raises:
        RunMovedError: another worker moved the run meanwhile; what it wrote stands.
        TypeError: the exchange was not about a batch.
    """
    match decision.exchange.answer:
        case Settled(rejected=rejected):
            return _settle(decision, rejected)
        case Refused(reason=reason) if len(decision.batch.grades) > 1:
            return _split(decision, reason)
        case Refused(reason=reason):
            return _settle(decision, dict.fromkeys((grade.key for grade in decision.batch.grades), reason))
        case NeverReceived():
            return _postpone(decision, BatchState.WAITING, "never_received", wait_s=0.0)
        case Later(reason=reason, asked_s=asked_s):
            return _postpone(decision, BatchState.WAITING, reason, wait_s=_wait_s(decision.batch, asked_s))
        case Unknown(reason=reason, asked_s=asked_s):
            return _postpone(decision, BatchState.UNKNOWN, reason, wait_s=_wait_s(decision.batch, asked_s))
        case other:
            raise TypeError(f"{type(other).__name__} is no answer to a batch")


def _wait_s(batch: Batch, asked_s: float) -> float:
    if asked_s:
        lanes.pause(asked_s)
    return retry_wait_s(batch.attempt + 1, asked_s)


def _postpone(decision: Decision, state: BatchState, detail: str, *, wait_s: float) -> Advance:
    retry_at = clock.now() + timedelta(seconds=wait_s)
    after = decision.run.moved(RunState.SENDING)
    batch = decision.batch.moved(state, retry_at=retry_at)
    _log.warning(
        "no decision on a batch", run_id=after.run_id, batch=batch.number, reason=detail, attempt=batch.attempt
    )
    entry = entry_of(
        after,
        f"batch.{state}",
        actor=decision.actor,
        exchange=decision.exchange,
        batch_number=batch.number,
        detail=detail,
    )
    runs.commit(runs.stage(decision.run, after, entry, batch))
    return wait_until(retry_at) if wait_s else GO_ON


def _split(decision: Decision, reason: str) -> Advance:
    """One grade may be why the whole batch was refused: its halves go on as batches of their own, the first next."""
    run, batch = decision.run, decision.batch
    place = {"school_id": current_school_id(), "term_id": run.term_id, "run_id": run.run_id}
    halves = split_batch(batch, run.batches + 1, **place)
    numbers = tuple(half.number for half in halves)
    after = run.moved(RunState.SENDING, batches=numbers[-1], open_batches=numbers + run.open_batches[1:])
    _log.warning("a batch was refused whole", run_id=run.run_id, batch=batch.number, reason=reason)
    entry = entry_of(
        after,
        "batch.split",
        actor=decision.actor,
        exchange=decision.exchange,
        batch_number=batch.number,
        detail=reason,
    )
    runs.commit(runs.stage(run, after, entry, batch.moved(BatchState.SPLIT), *halves))
    return GO_ON


def _settle(decision: Decision, rejected: Mapping[GradeKey, str]) -> Advance:
    """Acknowledge what was accepted, set the rest apart, and let the run go on: one transaction.

    A grade corrected since it was prepared keeps its mark, which is the newer version's.
    """
    accepted = [grade for grade in decision.batch.grades if grade.key not in rejected]
    clear = accepted
    while True:
        transaction = _staged_settlement(decision, len(accepted), rejected)
        acknowledge_grades(transaction, [_as_acknowledged(grade, decision.run) for grade in clear])
        try:
            runs.commit(transaction)
        except ConditionFailedError as error:
            kept = [grade for grade in clear if (grade.evaluation_id, grade.student_id) not in error.failed]
            if len(kept) == len(clear):
                raise
            clear = kept
        else:
            return GO_ON


def _staged_settlement(decision: Decision, accepted: int, rejected: Mapping[GradeKey, str]) -> Transaction:
    run, counts = decision.run, (accepted, len(rejected))
    batch = decision.batch.moved(BatchState.ACKNOWLEDGED if accepted else BatchState.REJECTED, settled=counts)
    remaining = run.open_batches[1:]
    after = run.moved(
        RunState.SENDING if remaining else RunState.PREPARING,
        open_batches=remaining,
        accepted=run.accepted + accepted,
        set_apart=run.set_apart + len(rejected),
    )
    entry = entry_of(
        after,
        f"batch.{batch.state}",
        actor=decision.actor,
        exchange=decision.exchange,
        batch_number=batch.number,
    )
    transaction = runs.stage(run, after, entry, batch)
    for (evaluation_id, student_id, version), reason in rejected.items():
        apart = SetApart(evaluation_id, student_id, version, reason, batch.number)
        runs.add_set_apart(transaction, run.run_id, apart)
    return transaction


def _as_acknowledged(grade: Grade, run: SyncRun) -> GovernmentGrade:
    return GovernmentGrade(
        evaluation_id=grade.evaluation_id,
        student_id=grade.student_id,
        course_id=grade.course_id,
        term_id=run.term_id,
        state=ScoreState(grade.state),
        value=grade.value,
        version=grade.version,
    )
