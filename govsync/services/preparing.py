"""Choosing the next batch among the grades that the government has not acknowledged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu import clock
from edu.jobs.domain import CONTINUE, FINISHED, StepResult
from edu.tenancy import current_school_id
from evaluations.services import iterate_pending_grades
from govsync.domain.batches import MAX_BATCH_GRADES, prepare_batch
from govsync.domain.runs import MAX_PARKED
from govsync.domain.states import RunState
from govsync.repository import runs
from govsync.services import parking, transitions
from govsync.services.grades import as_submitted
from govsync.services.reconciling import LIST_UNREAD

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from govsync.domain.grades import GradeKey, SubmittedGrade
    from govsync.domain.runs import SyncRun

# So many grades refused one by one is a fault of the system's, not of the grades: a person must look first.
MAX_REJECTED = 500


def prepare_next(run: SyncRun, actor: str) -> StepResult:
    """Write the next batch down, before any of it is sent; with nothing left to send, go on to reconciling.

    What is in parked batches is not sent again; while there are any, or too many, the run is parked itself.
    """
    if run.rejected > MAX_REJECTED:
        return _stop(run, actor)
    rejected = {grade.key for grade in runs.list_set_apart(run)}
    parked = runs.get_batches(run.run_id, run.parked_batches)
    set_apart = rejected | {grade.key for batch in parked for grade in batch.grades}
    unsent = [] if len(parked) >= MAX_PARKED else _list_unsent(run, set_apart)
    if not unsent:
        return parking.park(run, parked, actor) if parked else _go_to_reconciling(run, actor)
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


def _list_unsent(run: SyncRun, set_apart: AbstractSet[GradeKey]) -> list[SubmittedGrade]:
    """A batch's worth of the run's pending grades that were not set apart, in a stable order."""
    found: list[SubmittedGrade] = []
    for grades in iterate_pending_grades(term_id=run.term_id, until=run.cut_off):
        found += [grade for grade in map(as_submitted, grades) if grade.key not in set_apart]
        if len(found) >= MAX_BATCH_GRADES:
            break
    return found[:MAX_BATCH_GRADES]


def _go_to_reconciling(run: SyncRun, actor: str) -> StepResult:
    transitions.move(run, RunState.RECONCILING, "run.all_sent", actor=actor, passes=run.passes + 1, **LIST_UNREAD)
    return CONTINUE


def _stop(run: SyncRun, actor: str) -> StepResult:
    transitions.move(
        run,
        RunState.NEEDS_REVIEW,
        "run.stopped",
        actor=actor,
        detail="too_many_rejected",
        reason="too_many_rejected",
        finished_at=clock.now(),
    )
    return FINISHED
