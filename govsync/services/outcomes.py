"""Applying the outcome of an exchange about a batch: a decision on its grades, or none yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from edu import clock
from edu.dynamo.errors import ConditionFailedError
from edu.jobs.domain import CONTINUE, StepResult, wait_until
from edu.logs import get_logger
from edu.tenancy import current_school_id
from evaluations.services import acknowledge_grades
from govsync.client import Decided, Exchange, HeldPage, Later, NeverReceived, Refused, Unknown
from govsync.domain.batches import Batch, retry_wait_s, split_batch
from govsync.domain.grades import GradeKey, RejectedGrade, SubmittedGrade
from govsync.domain.runs import SyncRun
from govsync.domain.states import BatchState, RunState
from govsync.repository import rate_limit, runs
from govsync.services import transitions
from govsync.services.grades import as_acknowledged

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from edu.dynamo.transactions import Transaction

_log = get_logger(__name__)


@dataclass(frozen=True)
class BatchExchange:
    """An exchange about a batch, with the run and the batch as they stood when it took place."""

    run: SyncRun
    batch: Batch
    exchange: Exchange
    actor: str


def apply_answer(done: BatchExchange) -> StepResult:
    """Write what the exchange's answer means for the batch, in one transaction.

    Raises:
        RunMovedError: another worker moved the run meanwhile; what it wrote stands.
        TypeError: the exchange was not about a batch.
    """
    match done.exchange.answer:
        case Decided(rejected=rejected):
            return _apply_decision(done, rejected)
        case Refused(reason=reason) if len(done.batch.grades) > 1:
            return _split(done, reason)
        case Refused(reason=reason):
            return _apply_decision(done, dict.fromkeys((grade.key for grade in done.batch.grades), reason))
        case NeverReceived():
            return _postpone(done, BatchState.WAITING, "never_received", wait_s=0.0)
        case Later(reason=reason, asked_s=asked_s):
            return _postpone(done, BatchState.WAITING, reason, wait_s=_wait_s(done.batch, asked_s))
        case Unknown(reason=reason, asked_s=asked_s):
            return _postpone(done, BatchState.UNKNOWN, reason, wait_s=_wait_s(done.batch, asked_s))
        case HeldPage():  # every answer has its case here, as the type checker sees
            raise TypeError("a page of held grades is no answer to a batch")


def _wait_s(batch: Batch, asked_s: float) -> float:
    if asked_s:
        rate_limit.pause(asked_s)
    return retry_wait_s(batch.attempt + 1, asked_s)


def _postpone(done: BatchExchange, state: BatchState, detail: str, *, wait_s: float) -> StepResult:
    retry_at = clock.now() + timedelta(seconds=wait_s)
    batch = done.batch.moved(state, retry_at=retry_at)
    _log.warning(
        "no decision on a batch", run_id=done.run.run_id, batch=batch.number, reason=detail, attempt=batch.attempt
    )
    _move(done, RunState.SENDING, batch, detail=detail)
    return wait_until(retry_at) if wait_s else CONTINUE


def _split(done: BatchExchange, reason: str) -> StepResult:
    """One grade may be why the whole batch was refused: its halves go on as batches of their own, the first next."""
    run, batch = done.run, done.batch
    place = {"school_id": current_school_id(), "term_id": run.term_id, "run_id": run.run_id}
    halves = split_batch(batch, run.batches + 1, **place)
    numbers = tuple(half.number for half in halves)
    _log.warning("a batch was refused whole", run_id=run.run_id, batch=batch.number, reason=reason)
    _move(
        done,
        RunState.SENDING,
        batch.moved(BatchState.SPLIT),
        added=halves,
        detail=reason,
        batches=numbers[-1],
        open_batches=numbers + run.open_batches[1:],
    )
    return CONTINUE


def _apply_decision(done: BatchExchange, rejected: Mapping[GradeKey, str]) -> StepResult:
    """Acknowledge what was accepted, note what was rejected, and let the run go on: one transaction.

    A grade corrected since it was prepared keeps its mark, which is the newer version's.
    """
    run, accepted = done.run, [grade for grade in done.batch.grades if grade.key not in rejected]
    state = BatchState.ACKNOWLEDGED if accepted else BatchState.REJECTED
    batch = done.batch.moved(state, counts=(len(accepted), len(rejected)))
    remaining = run.open_batches[1:]
    to = RunState.SENDING if remaining else RunState.PREPARING
    decision = _Decision(run, [RejectedGrade(*key, reason, batch.number) for key, reason in rejected.items()], accepted)
    changes = {
        "open_batches": remaining,
        "accepted": run.accepted + len(accepted),
        "rejected": run.rejected + len(rejected),
    }
    while True:
        try:
            _move(done, to, batch, also=decision.add_to, **changes)
        except ConditionFailedError as error:
            if not decision.leave_out(error.failed):
                raise
        else:
            return CONTINUE


@dataclass
class _Decision:
    """What a decision writes beside the run and the batch: the rejected grades, and the marks it clears."""

    run: SyncRun
    rejected: list[RejectedGrade]
    cleared: list[SubmittedGrade]

    def add_to(self, transaction: Transaction) -> None:
        """Put it into the transaction."""
        for grade in self.rejected:
            runs.add_rejected(transaction, self.run.run_id, grade)
        acknowledge_grades(transaction, [as_acknowledged(grade, self.run) for grade in self.cleared])

    def leave_out(self, failed: Container[tuple[str, str]]) -> bool:
        """Leave out the marks of these grades, which a correction has replaced; ``False`` when there are none."""
        kept = [grade for grade in self.cleared if (grade.evaluation_id, grade.student_id) not in failed]
        is_fewer = len(kept) < len(self.cleared)
        self.cleared = kept
        return is_fewer


def _move(done: BatchExchange, to: RunState, batch: Batch, **more: Any) -> None:  # noqa: ANN401 - see ``move``
    """The event that brings the batch into its new state, with the exchange in its entry."""
    event = f"batch.{batch.state}"
    transitions.move(done.run, to, event, actor=done.actor, batch=batch, exchange=done.exchange, **more)
