"""Proving that the government holds every grade: its own list, read page by page, against our scores."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from edu import clock
from edu.jobs.domain import CONTINUE, FINISHED, StepResult, wait_until
from edu.logs import get_logger
from edu.tenancy import current_school_id
from evaluations.services import (
    iterate_pending_grades,
    list_graded_evaluations,
    list_pending_marks,
    list_term_grades,
)
from govsync.client import government
from govsync.domain.answers import ContractBroken, CredentialsRefused, HeldPage, NotTaken, PageAnswer, Unknown
from govsync.domain.batches import SETTLES_AFTER, retry_wait_s
from govsync.domain.reconciliation import (
    Bookkeeping,
    Difference,
    agreed,
    compare,
    healable,
    veiled,
)
from govsync.domain.runs import MAX_HELD_PAGES, run_id_of
from govsync.domain.states import RunState
from govsync.repository import runs
from govsync.services import healing, parking, transitions
from govsync.services.alarms import tell_person
from govsync.services.certifying import keep_manifest
from govsync.services.grades import as_submitted

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from evaluations.services import GovernmentGrade
    from govsync.client import Exchange
    from govsync.domain.grades import GradeKey, SubmittedGrade
    from govsync.domain.runs import SyncRun
    from govsync.services.line import Line

# So often grades of the cut-off that are marked while a run reconciles are sent by the same run.
MAX_PASSES: Final = 5
_MAX_PENDING_LISTED = 100_000
LIST_UNREAD: Final[dict[str, Any]] = {
    "held_pages": 0,
    "held_cursor": None,
    "seen_cursors": (),
    "held_complete": False,
    "attempt": 0,
    "retry_at": None,
}
_log = get_logger(__name__)


def reconcile(run: SyncRun, actor: str, line: Line) -> StepResult:
    """Read the next page of the government's list, or, with all of it here, compare and end the run.

    Raises:
        RunMovedError: another worker moved the run meanwhile.
        LineClosedError: the government may not be called now; nothing was changed.
        LaneLostError: this worker's lane is gone; nothing was sent.
    """
    if run.retry_at is not None and run.retry_at > clock.now():
        return wait_until(run.retry_at)
    return _conclude(run, actor) if run.held_complete else _read_page(run, actor, line)


def _read_page(run: SyncRun, actor: str, line: Line) -> StepResult:
    """Say that a page is being asked for, and ask."""
    line.require_open()
    asking = transitions.move(run, RunState.RECONCILING, "run.asking", actor=actor)
    school_id, cursor = current_school_id(), run.held_cursor
    exchange = line.exchange(lambda: government().list_held(school_id=school_id, term_id=run.term_id, cursor=cursor))
    match exchange.answer:
        case HeldPage() as page:
            fault = _fault_of_list(asking, page)
            return _fail(asking, fault, 0.0, exchange, actor) if fault else _keep_page(asking, page, exchange, actor)
        case ContractBroken(reason=reason):
            return _fail(asking, reason, 0.0, exchange, actor)
        case NotTaken(reason=reason, asked_s=asked_s) | Unknown(reason=reason, asked_s=asked_s):
            return _fail(asking, reason, asked_s, exchange, actor)
        case CredentialsRefused(reason=reason):  # the line stops; it has nothing to do with the list
            return _put_off(asking, f"credentials_refused.{reason}", 0.0, exchange, actor, attempt=run.attempt)


def _fault_of_list(run: SyncRun, page: HeldPage) -> str:
    """Why a page cannot be a further one of a list that ends; empty when it can."""
    if page.next_cursor is None:
        return ""
    if _digest(page.next_cursor) in run.seen_cursors or page.next_cursor == run.held_cursor:
        return "cursor_repeats"
    return "list_without_end" if run.held_pages + 1 >= MAX_HELD_PAGES or not page.grades else ""


def _keep_page(run: SyncRun, page: HeldPage, exchange: Exchange[PageAnswer], actor: str) -> StepResult:
    """Count it; of an evaluation that is none of this school's nothing is kept but a digest."""
    cursor, ours = page.next_cursor, list_graded_evaluations([grade.key[:2] for grade in page.grades])
    grades = tuple(grade if grade.evaluation_id in ours else veiled(grade) for grade in page.grades)
    transitions.move(
        run,
        RunState.RECONCILING,
        "run.page_read",
        actor=actor,
        exchange=exchange,
        also=partial(runs.add_held_page, run_id=run.run_id, page=run.held_pages, grades=grades),
        held_pages=run.held_pages + 1,
        held_cursor=cursor,
        seen_cursors=(*run.seen_cursors, _digest(cursor)) if cursor else run.seen_cursors,
        held_complete=cursor is None,
        attempt=0,
        retry_at=None,
    )
    return CONTINUE


def _fail(run: SyncRun, reason: str, asked_s: float, exchange: Exchange[PageAnswer], actor: str) -> StepResult:
    """Try again in 5, 15, 45 seconds, or when it asks us to; then the run is parked, and reads the list anew."""
    if not isinstance(exchange.answer, NotTaken | Unknown):
        tell_person("government's contract broken", run, reason=reason)
    wait_s = retry_wait_s(run.attempt + 1)
    if wait_s is None:
        after = transitions.move(
            run, RunState.RECONCILING, "run.page_failed", actor=actor, exchange=exchange, detail=reason, **LIST_UNREAD
        )
        return parking.park(after, [], actor, reason=f"no_list.{reason}")
    return _put_off(run, reason, max(wait_s, asked_s), exchange, actor, attempt=run.attempt + 1)


def _put_off(
    run: SyncRun, reason: str, wait_s: float, exchange: Exchange[PageAnswer], actor: str, *, attempt: int
) -> StepResult:
    retry_at = clock.now() + timedelta(seconds=wait_s)
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
    return wait_until(retry_at) if wait_s else CONTINUE


def _conclude(run: SyncRun, actor: str) -> StepResult:
    """Compare and end; grades that the government acknowledged and its list lacks are sent again first.

    Once: if it loses them again, they are a person's. That it lacks any is believed when two readings show it: a list
    that was incomplete for a moment would have grades sent again that the government holds.

    It is about the grades of the cut-off: those recorded or corrected since are counted and left to a follow-up. Ours
    are read before the marks: a correction in between then shows as pending, never as a false difference. Such a one is
    looked at once more: where teachers write all the time there is one in every pass.
    """
    grades = list_term_grades(term_id=run.term_id)
    rejected = {grade.key: grade.reason for grade in runs.list_set_apart(run)}
    pending = frozenset(list_pending_marks(term_id=run.term_id, limit=_MAX_PENDING_LISTED))
    later = _later(run, grades)
    if _unsent(pending, rejected, later):
        later |= _later(run, chain.from_iterable(iterate_pending_grades(term_id=run.term_id)))
    if _unsent(pending, rejected, later) and run.passes < MAX_PASSES:
        transitions.move(run, RunState.PREPARING, "run.more_grades", actor=actor)
        return CONTINUE
    ours = [as_submitted(grade) for grade in grades if (grade.evaluation_id, grade.student_id) not in later]
    noted = Bookkeeping(rejected=rejected, pending=pending, acknowledged=_list_acknowledged(run), later=later)
    differences = compare(ours, runs.list_held(run), noted)
    lost = healable(differences)
    if lost and not run.doubted:
        return _read_again(run, actor)
    if lost and not run.healed:
        return healing.send_again(run, lost, actor)
    return _end(run, ours, differences, later=len(later), actor=actor)


def _later(run: SyncRun, grades: Iterable[GovernmentGrade]) -> set[tuple[str, str]]:
    """Evaluation and student of those grades that are of after the cut-off."""
    return {(grade.evaluation_id, grade.student_id) for grade in grades if grade.recorded_at > run.cut_off}


def _unsent(
    pending: AbstractSet[GradeKey], rejected: Mapping[GradeKey, str], later: Container[tuple[str, str]]
) -> bool:
    """Whether a grade of the cut-off is pending that was not refused."""
    return any(key not in rejected and key[:2] not in later for key in pending)


def _read_again(run: SyncRun, actor: str) -> StepResult:
    retry_at = clock.now() + SETTLES_AFTER
    unread = {**LIST_UNREAD, "retry_at": retry_at}
    transitions.move(run, RunState.RECONCILING, "run.list_doubted", actor=actor, doubted=True, **unread)
    return wait_until(retry_at)


def _list_acknowledged(run: SyncRun) -> frozenset[GradeKey]:
    """What the government accepted in this run of the term and in those before it."""
    run_ids = (run_id_of(run.term_id, ordinal) for ordinal in range(1, run.ordinal + 1))
    return frozenset(key for run_id in run_ids for key in runs.list_acknowledged(run_id))


def _end(
    run: SyncRun, ours: list[SubmittedGrade], differences: list[Difference], *, later: int, actor: str
) -> StepResult:
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
        later=later,
        manifest_sha256=keep_manifest(run_id=run.run_id, grades=certified),
        finished_at=clock.now(),
    )
    return FINISHED


def _digest(cursor: str) -> str:
    return hashlib.sha256(cursor.encode()).hexdigest()[:12]
