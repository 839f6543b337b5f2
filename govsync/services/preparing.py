"""Choosing the next batch among the grades that the government has not acknowledged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu import clock
from edu.tenancy import current_school_id
from evaluations.services import list_pending_grades
from govsync.domain.batches import MAX_BATCH_GRADES, prepare_batch
from govsync.domain.runs import RunState
from govsync.repository import runs
from govsync.services.steps import GO_ON, Advance, Outcome, as_sent, entry_of

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from govsync.domain.grades import Grade, GradeKey
    from govsync.domain.runs import SyncRun

# So many grades refused one by one is a fault of the system's, not of the grades: a person must look first.
MAX_SET_APART = 500


def prepare_next(run: SyncRun, actor: str) -> Advance:
    """Write the next batch down, before any of it is sent; with nothing left to send, go on to reconciling."""
    apart = {grade.key for grade in runs.list_set_apart(run.run_id)}
    if len(apart) > MAX_SET_APART:
        return _stop(run, actor)
    unsent = list_unsent(run, apart, limit=MAX_BATCH_GRADES)
    if not unsent:
        return _go_to_reconciling(run, actor)
    place = {"school_id": current_school_id(), "term_id": run.term_id, "run_id": run.run_id}
    batch = prepare_batch(run.batches + 1, unsent, **place)
    after = run.moved(RunState.SENDING, batches=batch.number, open_batches=(batch.number,))
    entry = entry_of(after, "batch.prepared", actor=actor, batch_number=batch.number, request_sha256=batch.batch_id)
    runs.commit(runs.stage(run, after, entry, batch))
    return GO_ON


def list_unsent(run: SyncRun, apart: AbstractSet[GradeKey], *, limit: int) -> list[Grade]:
    """Up to ``limit`` pending grades of the run's term that are not set apart, in a stable order.

    Grades set apart keep their marks (the government does not hold them), so that many more are asked for.
    """
    pending = list_pending_grades(term_id=run.term_id, limit=limit + len(apart))
    unsent = [grade for grade in map(as_sent, pending) if grade.key not in apart]
    return unsent[:limit]


def _go_to_reconciling(run: SyncRun, actor: str) -> Advance:
    after = run.moved(
        RunState.RECONCILING,
        passes=run.passes + 1,
        held_pages=0,
        held_cursor=None,
        held_complete=False,
        attempt=0,
        retry_at=None,
    )
    runs.commit(runs.stage(run, after, entry_of(after, "run.all_sent", actor=actor)))
    return GO_ON


def _stop(run: SyncRun, actor: str) -> Advance:
    after = run.moved(RunState.NEEDS_REVIEW, finished_at=clock.now())
    entry = entry_of(after, "run.stopped", actor=actor, detail="too_many_set_apart")
    runs.commit(runs.stage(run, after, entry))
    return Advance(Outcome.FINISHED)
