"""Sending the current batch, or asking what became of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from edu import clock
from edu.jobs.domain import CONTINUE, StepResult, wait_until
from edu.tenancy import current_school_id
from govsync.client import REQUEST_LIMIT_S, government
from govsync.domain.batches import canonical_body
from govsync.domain.states import BatchState, RunState
from govsync.errors import RunMovedError
from govsync.repository import rate_limit, runs
from govsync.services import transitions
from govsync.services.outcomes import BatchExchange, apply_answer

if TYPE_CHECKING:
    from govsync.domain.batches import Batch
    from govsync.domain.runs import SyncRun


def send_current(run: SyncRun, actor: str) -> StepResult:
    """Take the current batch's next step; see ``govsync.domain.states``.

    Raises:
        RunMovedError: another worker moved the run meanwhile.
        SlotBusyError: the government may not be called now; nothing was changed.
    """
    batch = runs.get_batch(run.run_id, run.open_batches[0])
    if batch.closed:  # between our two reads another worker applied its outcome, and moved the run with it
        raise RunMovedError
    not_before = batch.claimed_until if batch.state is BatchState.SENDING else batch.retry_at
    if not_before is not None and not_before > clock.now():
        return wait_until(not_before)
    match batch.state:
        case BatchState.SENDING:
            return _give_up_claim(run, batch, actor)
        case BatchState.UNKNOWN:
            return _ask(run, batch, actor)
        case _:
            return _submit(run, batch, actor)


def _give_up_claim(run: SyncRun, batch: Batch, actor: str) -> StepResult:
    """The worker that was sending is gone: whether the government got the batch is unknown."""
    transitions.move(run, RunState.SENDING, "batch.interrupted", actor=actor, batch=batch.moved(BatchState.UNKNOWN))
    return CONTINUE


def _submit(run: SyncRun, batch: Batch, actor: str) -> StepResult:
    """Say that it is being sent, and only then send it: a worker that finds it so knows that it may have gone out."""
    body = canonical_body(batch.grades, school_id=current_school_id(), term_id=run.term_id, run_id=run.run_id)
    with rate_limit.hold_slot() as slot:
        claimed = batch.moved(BatchState.SENDING, claimed_until=clock.now() + timedelta(seconds=REQUEST_LIMIT_S))
        after = transitions.move(run, RunState.SENDING, "batch.sending", actor=actor, batch=claimed)
        slot.used = True
        exchange = government().submit(claimed, body)
    return apply_answer(BatchExchange(after, claimed, exchange, actor))


def _ask(run: SyncRun, batch: Batch, actor: str) -> StepResult:
    with rate_limit.hold_slot() as slot:
        slot.used = True
        exchange = government().ask(batch)
    return apply_answer(BatchExchange(run, batch, exchange, actor))
