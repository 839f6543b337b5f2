"""Starting a run. The due list gets its entry first: from then on no crash loses the order to sync."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from edu import clock
from edu.errors import FieldError, InvalidInputError
from edu.jobs import repository as jobs
from edu.jobs.domain import DueJob
from edu.tenancy import current_school_id
from evaluations.services import get_school, list_pending_marks
from govsync.domain.runs import DEADLINE, FOLLOW_UP_AFTER, SYNC, SyncRun, new_run, run_id_of
from govsync.errors import RunMovedError, UnfinishedRunError
from govsync.repository import runs
from govsync.services import transitions


def start_sync(*, term_id: str, actor: str, ordinal: int = 1) -> SyncRun:
    """Start the term's n-th run in the school in scope, or find it started: doing it twice starts nothing twice.

    Workers take it up at the next sweep. Needs a process that may enter the platform's scope (worker, operator).

    Raises:
        InvalidInputError: the school has no such term.
        UnfinishedRunError: the term's run before this one has not ended.
    """
    if all(term.term_id != term_id for term in get_school().terms):
        raise InvalidInputError(fields=[FieldError("term_id", "exists", _("This school has no such term"))])
    run_id = run_id_of(term_id, ordinal)
    run = runs.find_run(run_id)
    if run is None:
        _require_previous_finished(term_id, ordinal)
    if run is not None and run.finished:
        return run
    wanted = run or new_run(
        term_id=term_id, ordinal=ordinal, started_at=clock.now(), started_by=actor, shape=settings.GOV_API_SHAPE
    )
    jobs.put_due(due_job_of(wanted))
    return run or _add(wanted)


def due_job_of(run: SyncRun) -> DueJob:
    """The run's entry on the due list, due now. In the scope of its school."""
    return DueJob(SYNC.name, run.run_id, clock.now(), current_school_id(), run.deadline_at)


def next_ordinal(*, term_id: str) -> int:
    """The number of the term's run that is under way, or else of the one that may be started next."""
    ordinal = 1
    while (run := runs.find_run(run_id_of(term_id, ordinal))) is not None and run.finished:
        ordinal += 1
    return ordinal


def find_sent(*, term_id: str) -> SyncRun | None:
    """The term's last run when it has ended, so that only a further run would send anything; ``None`` otherwise."""
    ordinal = next_ordinal(term_id=term_id)
    if ordinal == 1 or runs.find_run(run_id_of(term_id, ordinal)) is not None:
        return None
    return runs.get_run(run_id_of(term_id, ordinal - 1))


def order_follow_up(run: SyncRun) -> None:
    """Order the term's next run, a few minutes after the end of this one: what was corrected meanwhile goes together.

    Idempotent. The run itself is made when its time has come, and its cut-off is then.
    """
    due_at = clock.now() + FOLLOW_UP_AFTER
    run_id = run_id_of(run.term_id, run.ordinal + 1)
    jobs.add_due(DueJob(SYNC.name, run_id, due_at, current_school_id(), due_at + DEADLINE))


def order_follow_ups() -> list[str]:
    """Order a further run of each term of the school in scope that was sent and owes the government grades again.

    Those that it refused, at the version it refused, are a person's and start nothing. Idempotent; the terms' ids.
    """
    ordered: list[str] = []
    for term in get_school().terms:
        last = find_sent(term_id=term.term_id)
        if last is not None and owes_grades(last):
            order_follow_up(last)
            ordered.append(term.term_id)
    return ordered


def owes_grades(run: SyncRun) -> bool:
    """Whether, after an ended run of a term, grades are pending that no run of it was refused.

    A run that was stopped owes nothing by itself: its follow-up would be refused as much, again and again.
    """
    if run.was_stopped:
        return False
    run_ids = (run_id_of(run.term_id, ordinal) for ordinal in range(1, run.ordinal + 1))
    refused = {grade.key for run_id in run_ids for grade in runs.list_rejected(run_id)}
    marks = list_pending_marks(term_id=run.term_id, limit=len(refused) + 1)
    return any(mark not in refused for mark in marks)


def _require_previous_finished(term_id: str, ordinal: int) -> None:
    if ordinal == 1:
        return
    previous = runs.find_run(run_id_of(term_id, ordinal - 1))
    if previous is None or not previous.finished:
        raise UnfinishedRunError


def _add(run: SyncRun) -> SyncRun:
    try:
        transitions.start(run)
    except RunMovedError:  # somebody started it at the same moment: theirs is the run
        return runs.get_run(run.run_id)
    return run
