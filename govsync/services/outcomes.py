"""Applying the outcome of an exchange about a batch: a decision on its grades, or none yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edu import clock
from edu.dynamo.errors import ConditionFailedError
from edu.jobs.domain import CONTINUE, StepResult, wait_until
from edu.logs import get_logger
from edu.tenancy import current_school_id
from evaluations.services import acknowledge_grades
from govsync.client import Exchange
from govsync.domain.answers import BatchAnswer, ContractBroken
from govsync.domain.batches import Batch, split_batch
from govsync.domain.grades import GradeKey, RejectedGrade
from govsync.domain.outcomes import Outcome, outcome_of
from govsync.domain.runs import SyncRun
from govsync.domain.states import BatchState, RunState
from govsync.repository import runs
from govsync.services import transitions
from govsync.services.alarms import tell_person

if TYPE_CHECKING:
    from collections.abc import Container

    from edu.dynamo.transactions import Transaction

_log = get_logger(__name__)


@dataclass(frozen=True)
class BatchExchange:
    """An exchange about a batch, with the run and the batch as they stood when it took place."""

    run: SyncRun
    batch: Batch
    exchange: Exchange[BatchAnswer]
    actor: str


def apply_answer(done: BatchExchange) -> StepResult:
    """Write what the exchange's answer means for the batch, in one transaction.

    Raises:
        RunMovedError: another worker moved the run meanwhile; what it wrote stands.
    """
    outcome = outcome_of(done.batch, done.exchange.answer, clock.now())
    if isinstance(done.exchange.answer, ContractBroken):
        reason = done.exchange.answer.reason
        tell_person("government's contract broken", done.run, batch=done.batch.number, reason=reason)
    match outcome.batch.state:
        case BatchState.ACKNOWLEDGED | BatchState.REJECTED:
            return _apply_decision(done, outcome)
        case BatchState.SPLIT:
            return _split(done, outcome)
        case BatchState.PARKED:
            return _park(done, outcome)
        case _:
            return _postpone(done, outcome)


def _postpone(done: BatchExchange, outcome: Outcome) -> StepResult:
    batch = outcome.batch
    _log.warning(
        "no decision on a batch",
        run_id=done.run.run_id,
        batch=batch.number,
        reason=outcome.detail,
        attempt=batch.attempt,
    )
    _move(done, RunState.SENDING, outcome)
    return wait_until(batch.retry_at) if batch.retry_at and batch.retry_at > clock.now() else CONTINUE


def _park(done: BatchExchange, outcome: Outcome) -> StepResult:
    """The batch is set apart; the run goes on with the others."""
    run, remaining = done.run, done.run.open_batches[1:]
    _log.warning("a batch is parked", run_id=run.run_id, batch=outcome.batch.number, reason=outcome.batch.reason)
    parked = (*run.parked_batches, outcome.batch.number)
    _move(done, _after_last(remaining), outcome, open_batches=remaining, parked_batches=parked)
    return CONTINUE


def _split(done: BatchExchange, outcome: Outcome) -> StepResult:
    """One grade may be why the whole batch was refused: its halves go on as batches of their own, the first next."""
    run, batch = done.run, done.batch
    place = {"school_id": current_school_id(), "term_id": run.term_id, "run_id": run.run_id}
    halves = split_batch(batch, run.batches + 1, **place)
    numbers = tuple(half.number for half in halves)
    _log.warning("a batch was refused whole", run_id=run.run_id, batch=batch.number, reason=outcome.detail)
    open_batches = numbers + run.open_batches[1:]
    _move(done, RunState.SENDING, outcome, added=halves, batches=numbers[-1], open_batches=open_batches)
    return CONTINUE


def _apply_decision(done: BatchExchange, outcome: Outcome) -> StepResult:
    """Acknowledge what was accepted, note what was rejected, and let the run go on: one transaction.

    A grade corrected since it was prepared keeps its mark, which is the newer version's.
    """
    run, batch, remaining = done.run, outcome.batch, done.run.open_batches[1:]
    accepted = [grade.key for grade in batch.grades if grade.key not in outcome.rejected]
    rejected = [RejectedGrade(*key, reason, batch.number) for key, reason in outcome.rejected.items()]
    decision = _Decision(run, rejected, accepted)
    changes = {
        "open_batches": remaining,
        "accepted": run.accepted + batch.accepted,
        "rejected": run.rejected + batch.rejected,
    }
    while True:
        try:
            _move(done, _after_last(remaining), outcome, also=decision.add_to, **changes)
        except ConditionFailedError as error:
            if not decision.leave_out(error.failed):
                raise
        else:
            return CONTINUE


def _after_last(remaining: tuple[int, ...]) -> RunState:
    return RunState.SENDING if remaining else RunState.PREPARING


@dataclass
class _Decision:
    """What a decision writes beside the run and the batch: the rejected grades, and the marks it clears."""

    run: SyncRun
    rejected: list[RejectedGrade]
    cleared: list[GradeKey]

    def add_to(self, transaction: Transaction) -> None:
        """Put it into the transaction."""
        for grade in self.rejected:
            runs.add_rejected(transaction, self.run.run_id, grade)
        acknowledge_grades(transaction, self.run.term_id, self.cleared)

    def leave_out(self, failed: Container[tuple[str, str]]) -> bool:
        """Leave out the marks of these grades, which a correction has replaced; ``False`` when there are none."""
        kept = [key for key in self.cleared if key[:2] not in failed]
        is_fewer = len(kept) < len(self.cleared)
        self.cleared = kept
        return is_fewer


def _move(done: BatchExchange, to: RunState, outcome: Outcome, **more: Any) -> None:  # noqa: ANN401 - see ``move``
    """The event that brings the batch into its new state, with the exchange in its entry."""
    transitions.move(
        done.run,
        to,
        f"batch.{outcome.batch.state}",
        actor=done.actor,
        batch=outcome.batch,
        exchange=done.exchange,
        detail=outcome.detail,
        **more,
    )
