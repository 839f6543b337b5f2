"""Sending the current batch, or asking what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu import clock
from edu.jobs.domain import CONTINUE, StepResult, wait_until
from edu.tenancy import current_school_id
from govsync.client import government
from govsync.domain.batches import canonical_body
from govsync.domain.states import BatchState, RunState
from govsync.errors import RunMovedError
from govsync.repository import runs
from govsync.services import transitions
from govsync.services.outcomes import BatchExchange, apply_answer

if TYPE_CHECKING:
    from govsync.domain.batches import Batch
    from govsync.domain.runs import SyncRun
    from govsync.services.line import Line


def send_current(run: SyncRun, actor: str, line: Line) -> StepResult:
    """Take the current batch's next step; see ``govsync.domain.states``.

    Raises:
        RunMovedError: another worker moved the run meanwhile.
        LineClosedError: the government may not be called now; nothing was changed.
        LaneLostError: this worker's lane is gone; nothing was sent.
    """
    batch = runs.get_batch(run.run_id, run.open_batches[0])
    if batch.closed or batch.state is BatchState.PARKED:  # another worker applied its outcome between our two reads
        raise RunMovedError
    if batch.state is BatchState.SENDING:  # a worker that does its work holds the run: this one's is gone
        return _give_up_claim(run, batch, actor)
    if batch.retry_at is not None and batch.retry_at > clock.now():
        return wait_until(batch.retry_at)
    line.require_open()
    if batch.state in {BatchState.UNKNOWN, BatchState.IN_PROGRESS}:
        return _ask(run, batch, actor, line)
    return _submit(run, batch, actor, line)


def _give_up_claim(run: SyncRun, batch: Batch, actor: str) -> StepResult:
    """The worker that was sending is gone: whether the government got the batch is unknown.

    It is asked at once; that it never received the batch counts only once the lost request can no longer arrive.
    """
    transitions.move(run, RunState.SENDING, "batch.interrupted", actor=actor, batch=batch.moved(BatchState.UNKNOWN))
    return CONTINUE


def _submit(run: SyncRun, batch: Batch, actor: str, line: Line) -> StepResult:
    """Say that it is being sent, and only then send it: a worker that finds it so knows that it may have gone out."""
    school_id = current_school_id()
    body = canonical_body(batch.number, batch.grades, school_id=school_id, term_id=run.term_id, run_id=run.run_id)
    claimed = batch.sending(clock.now())
    after = transitions.move(run, RunState.SENDING, "batch.sending", actor=actor, batch=claimed)
    exchange = line.exchange(lambda: government().submit(claimed, body, school_id=school_id, term_id=run.term_id))
    return apply_answer(BatchExchange(after, claimed, exchange, actor))


def _ask(run: SyncRun, batch: Batch, actor: str, line: Line) -> StepResult:
    """Say that it is being asked about, and ask."""
    school_id = current_school_id()
    after = transitions.move(run, RunState.SENDING, "batch.asking", actor=actor, batch=batch)
    exchange = line.exchange(lambda: government().ask(batch, school_id=school_id, term_id=run.term_id))
    return apply_answer(BatchExchange(after, batch, exchange, actor))
