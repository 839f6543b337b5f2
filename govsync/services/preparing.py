"""Choosing the next batch among the grades that the government has not acknowledged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu import clock
from edu.jobs.domain import CONTINUE, FINISHED, StepResult
from edu.tenancy import current_school_id
from evaluations.services import list_pending_grades
from govsync.domain.batches import MAX_BATCH_GRADES, prepare_batch
from govsync.domain.states import RunState
from govsync.repository import runs
from govsync.services import transitions
from govsync.services.grades import as_submitted

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from govsync.domain.grades import GradeKey, SubmittedGrade
    from govsync.domain.runs import SyncRun

# So many grades refused one by one is a fault of the system's, not of the grades: a person must look first.
MAX_REJECTED = 500


def prepare_next(run: SyncRun, actor: str) -> StepResult:
    """Write the next batch down, before any of it is sent; with nothing left to send, go on to reconciling."""
    rejected = {grade.key for grade in runs.list_rejected(run.run_id)}
    if len(rejected) > MAX_REJECTED:
        return _stop(run, actor)
    unsent = list_unsent(run, rejected, limit=MAX_BATCH_GRADES)
    if not unsent:
        return _go_to_reconciling(run, actor)
    place = {"school_id": current_school_id(), "term_id": run.term_id, "run_id": run.run_id}
    batch = prepare_batch(run.batches + 1, unsent, **place)
    transitions.move(
        run,
        RunState.SENDING,
        "batch.prepared",
        actor=actor,
        batch=batch,
        batches=batch.number,
        open_batches=(batch.number,),
    )
    return CONTINUE


def list_unsent(run: SyncRun, rejected: AbstractSet[GradeKey], *, limit: int) -> list[SubmittedGrade]:
    """Up to ``limit`` pending grades of the run's term that were not rejected, in a stable order.

    Rejected grades keep their marks (the government does not hold them), so that many more are asked for.
    """
    pending = list_pending_grades(term_id=run.term_id, limit=limit + len(rejected))
    unsent = [grade for grade in map(as_submitted, pending) if grade.key not in rejected]
    return unsent[:limit]


def _go_to_reconciling(run: SyncRun, actor: str) -> StepResult:
    transitions.move(
        run,
        RunState.RECONCILING,
        "run.all_sent",
        actor=actor,
        passes=run.passes + 1,
        held_pages=0,
        held_cursor=None,
        held_complete=False,
        attempt=0,
        retry_at=None,
    )
    return CONTINUE


def _stop(run: SyncRun, actor: str) -> StepResult:
    transitions.move(
        run,
        RunState.NEEDS_REVIEW,
        "run.stopped",
        actor=actor,
        detail="too_many_rejected",
        finished_at=clock.now(),
    )
    return FINISHED
