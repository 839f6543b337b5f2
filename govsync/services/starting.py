"""Starting a run. The due list gets its entry first: from then on no crash loses the order to sync."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from edu import clock
from edu.errors import FieldError, InvalidInputError
from edu.jobs import repository as jobs
from edu.jobs.domain import DueJob
from edu.tenancy import current_school_id
from evaluations.services import get_school
from govsync.domain.runs import SYNC, SyncRun, new_run, run_id_of
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
    wanted = run or new_run(term_id=term_id, ordinal=ordinal, started_at=clock.now(), started_by=actor)
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
