"""Sending the current batch, or asking what became of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from edu import clock
from edu.tenancy import current_school_id
from govsync.client import REQUEST_LIMIT_S, government
from govsync.domain.batches import BatchState, canonical_body
from govsync.domain.runs import RunState
from govsync.errors import RunMovedError
from govsync.repository import lanes, runs
from govsync.services.settling import Decision, record
from govsync.services.steps import GO_ON, Advance, entry_of, wait_until

if TYPE_CHECKING:
    from govsync.domain.batches import Batch
    from govsync.domain.runs import SyncRun


def send_current(run: SyncRun, actor: str) -> Advance:
    """Take the current batch's next step; see ``BATCH_TRANSITIONS``.

    Raises:
        RunMovedError: another worker moved the run meanwhile.
        LaneBusyError: the government may not be called now; nothing was changed.
    """
    batch = runs.get_batch(run.run_id, run.open_batches[0])
    if batch.settled:  # between our two reads somebody settled it, and moved the run with it
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


def _give_up_claim(run: SyncRun, batch: Batch, actor: str) -> Advance:
    """The worker that was sending is gone: whether the government got the batch is unknown."""
    after = run.moved(RunState.SENDING)
    entry = entry_of(after, "batch.interrupted", actor=actor, batch_number=batch.number)
    runs.commit(runs.stage(run, after, entry, batch.moved(BatchState.UNKNOWN)))
    return GO_ON


def _submit(run: SyncRun, batch: Batch, actor: str) -> Advance:
    """Say that it is being sent, and only then send it: a worker that finds it so knows that it may have gone out."""
    body = canonical_body(batch.grades, school_id=current_school_id(), term_id=run.term_id, run_id=run.run_id)
    with lanes.hold_lane() as lane:
        after = run.moved(RunState.SENDING)
        claimed = batch.moved(BatchState.SENDING, claimed_until=clock.now() + timedelta(seconds=REQUEST_LIMIT_S))
        entry = entry_of(after, "batch.sending", actor=actor, batch_number=batch.number, request_sha256=batch.batch_id)
        runs.commit(runs.stage(run, after, entry, claimed))
        lane.used = True
        exchange = government().submit(claimed, body)
    return record(Decision(after, claimed, exchange, actor))


def _ask(run: SyncRun, batch: Batch, actor: str) -> Advance:
    with lanes.hold_lane() as lane:
        lane.used = True
        exchange = government().ask(batch)
    return record(Decision(run, batch, exchange, actor))
