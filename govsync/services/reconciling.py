"""Proving that the government holds every grade: its own list, read page by page, against our scores."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from edu import clock
from edu.jobs.domain import CONTINUE, FINISHED, StepResult, wait_until
from edu.logs import get_logger
from edu.tenancy import current_school_id
from evaluations.services import list_pending_marks, list_term_grades
from govsync.client import Decided, HeldPage, Later, NeverReceived, Refused, Unknown, government
from govsync.domain.batches import retry_wait_s
from govsync.domain.reconciliation import Bookkeeping, Difference, agreed, compare, manifest_sha256
from govsync.domain.runs import run_id_of
from govsync.domain.states import RunState
from govsync.repository import rate_limit, runs
from govsync.services import transitions
from govsync.services.grades import as_submitted

if TYPE_CHECKING:
    from govsync.client import Exchange
    from govsync.domain.grades import GradeKey, SubmittedGrade
    from govsync.domain.runs import SyncRun

# So often grades that come in while a run reconciles are sent by the same run; then they are the next run's.
MAX_PASSES = 5
_MAX_PENDING_LISTED = 1000
_log = get_logger(__name__)


def reconcile(run: SyncRun, actor: str) -> StepResult:
    """Read the next page of the government's list, or, with all of it here, compare and end the run."""
    if run.retry_at is not None and run.retry_at > clock.now():
        return wait_until(run.retry_at)
    return _conclude(run, actor) if run.held_complete else _read_page(run, actor)


def _read_page(run: SyncRun, actor: str) -> StepResult:
    with rate_limit.hold_slot() as slot:
        slot.used = True
        exchange = government().list_held(term_id=run.term_id, school_id=current_school_id(), cursor=run.held_cursor)
    match exchange.answer:
        case HeldPage() as page if page.next_cursor is None or page.next_cursor != run.held_cursor:
            return _keep_page(run, page, exchange, actor)
        case Later(reason=reason, asked_s=asked_s):
            return _try_again(run, reason, asked_s, exchange, actor)
        case HeldPage():
            return _try_again(run, "cursor_does_not_advance", 0.0, exchange, actor)
        case Decided() | Refused() | Unknown() | NeverReceived():  # the type checker names what has no case here
            raise TypeError("an answer to a batch is no page of held grades")


def _keep_page(run: SyncRun, page: HeldPage, exchange: Exchange, actor: str) -> StepResult:
    transitions.move(
        run,
        RunState.RECONCILING,
        "run.page_read",
        actor=actor,
        exchange=exchange,
        also=partial(runs.add_held_page, run_id=run.run_id, page=run.held_pages, grades=page.grades),
        held_pages=run.held_pages + 1,
        held_cursor=page.next_cursor,
        held_complete=page.next_cursor is None,
        attempt=0,
        retry_at=None,
    )
    return CONTINUE


def _try_again(run: SyncRun, reason: str, asked_s: float, exchange: Exchange, actor: str) -> StepResult:
    if asked_s:
        rate_limit.pause(asked_s)
    attempt = run.attempt + 1
    retry_at = clock.now() + timedelta(seconds=retry_wait_s(attempt, asked_s))
    _log.warning("no page of held grades", run_id=run.run_id, reason=reason, attempt=attempt)
    transitions.move(
        run,
        RunState.RECONCILING,
        "run.page_failed",
        actor=actor,
        exchange=exchange,
        detail=reason,
        attempt=attempt,
        retry_at=retry_at,
    )
    return wait_until(retry_at)


def _conclude(run: SyncRun, actor: str) -> StepResult:
    """Compare and end, unless grades came in meanwhile: those are sent first.

    Ours are read before the marks: a correction in between then shows as pending, never as a false difference. Any
    mark that stands keeps the run from ending reconciled.
    """
    ours = [as_submitted(grade) for grade in list_term_grades(term_id=run.term_id)]
    rejected = {grade.key: grade.reason for grade in runs.list_rejected(run.run_id)}
    pending = frozenset(list_pending_marks(term_id=run.term_id, limit=_MAX_PENDING_LISTED + len(rejected)))
    if pending - rejected.keys() and run.passes < MAX_PASSES:
        transitions.move(run, RunState.PREPARING, "run.more_grades", actor=actor)
        return CONTINUE
    noted = Bookkeeping(rejected=rejected, pending=pending, acknowledged=_list_acknowledged(run))
    return _end(run, ours, compare(ours, runs.list_held(run), noted), actor)


def _list_acknowledged(run: SyncRun) -> frozenset[GradeKey]:
    """What the government accepted in this run of the term and in those before it."""
    run_ids = (run_id_of(run.term_id, ordinal) for ordinal in range(1, run.ordinal + 1))
    return frozenset(key for run_id in run_ids for key in runs.list_acknowledged(run_id))


def _end(run: SyncRun, ours: list[SubmittedGrade], differences: list[Difference], actor: str) -> StepResult:
    comparison = runs.put_differences(run.run_id, differences)
    certified = agreed(ours, differences)
    state = RunState.NEEDS_REVIEW if differences else RunState.RECONCILED
    transitions.move(
        run,
        state,
        f"run.{state}",
        actor=actor,
        differences=len(differences),
        comparison=comparison,
        certified=len(certified),
        manifest_sha256=manifest_sha256(certified),
        finished_at=clock.now(),
    )
    return FINISHED
