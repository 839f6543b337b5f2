"""Moving a run one step on, from wherever it stands, and finding the runs whose time has come."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from edu import clock
from edu.logs import get_logger
from edu.metrics import COUNT, embedded
from edu.tenancy import current_school_id
from govsync.domain.runs import RunState, parse_run_id
from govsync.errors import LaneBusyError, PausedError, RunMovedError
from govsync.repository import due, runs
from govsync.repository.due import DueRun
from govsync.services.preparing import prepare_next
from govsync.services.reconciling import reconcile
from govsync.services.sending import send_current
from govsync.services.starting import start_sync
from govsync.services.steps import GO_ON, Advance, Outcome, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from govsync.domain.runs import SyncRun

# A run nobody moved for so long has lost its message (SQS redelivers within minutes): the sweep sends another.
WATCHDOG_S = 900.0
_log = get_logger(__name__)

_STEPS: Mapping[RunState, Callable[[SyncRun, str], Advance]] = {
    RunState.PREPARING: prepare_next,
    RunState.SENDING: send_current,
    RunState.RECONCILING: reconcile,
}


def advance_run(*, run_id: str, actor: str) -> Advance:
    """Take one step of a run of the school in scope: at most one request to the government.

    Any worker may call it at any time, after any crash: the step is chosen from what the table says and written on the
    condition that the run has not moved meanwhile. A run whose start was cut off after its due entry is started here.

    Raises:
        ValueError: ``run_id`` is no run's id.
        InvalidInputError: there is no such run, and the school has no such term.
        StoreUnavailableError: the table does not answer; the step's outcome is unknown, and taking it again is safe.
        ConfigurationError: the government's address is wrong.
    """
    run = runs.find_run(run_id)
    if run is None:
        term_id, ordinal = parse_run_id(run_id)
        run = start_sync(term_id=term_id, actor=actor, ordinal=ordinal)
    advance = _take_step(run, actor)
    _reschedule(run, advance)
    return advance


def sweep_due_runs() -> Iterator[DueRun]:
    """The runs of all schools whose time has come, each handed to one caller only: who gets one must have it advanced.

    Each is postponed by ``WATCHDOG_S`` right before it is handed out, and handed out again then: should the caller
    vanish, or the table fail in between, only the one in its hand waits so long. Every open run past its deadline is
    logged at error, with the metric ``SyncOverdue``, each time.
    """
    now = clock.now()
    again_at = now + timedelta(seconds=WATCHDOG_S)
    entries = due.list_open()
    for entry in entries:
        if entry.deadline_at <= now:
            _log_overdue(entry, now)
    for entry in entries:
        if entry.due_at <= now and due.postpone(entry, again_at):
            yield entry


def _log_overdue(entry: DueRun, now: datetime) -> None:
    late_h = round((now - entry.deadline_at).total_seconds() / 3600, 1)
    metric = embedded("SyncOverdue", 1, COUNT)
    _log.error("sync overdue", school_id=entry.school_id, run_id=entry.run_id, late_h=late_h, **metric)


def _take_step(run: SyncRun, actor: str) -> Advance:
    if run.finished:
        return Advance(Outcome.FINISHED)
    try:
        return _STEPS[run.state](run, actor)
    except RunMovedError:
        _log.info("another worker moved the run", run_id=run.run_id, version=run.version)
        return Advance(Outcome.LOST)
    except PausedError as pause:
        return wait_until(pause.until)
    except LaneBusyError:  # it has waited its time: the others' turn, and back to the end of the queue
        return GO_ON


def _reschedule(run: SyncRun, advance: Advance) -> None:
    school_id = current_school_id()
    match advance.outcome:
        case Outcome.CONTINUE:
            again_at = clock.now() + timedelta(seconds=WATCHDOG_S)
            due.put_due(DueRun(school_id, run.run_id, again_at, run.deadline_at))
        case Outcome.WAIT if advance.until is not None:
            due.put_due(DueRun(school_id, run.run_id, advance.until, run.deadline_at))
        case Outcome.FINISHED:
            _log_if_unreconciled(runs.get_run(run.run_id))
            due.remove_due(school_id, run.run_id)


def _log_if_unreconciled(run: SyncRun) -> None:
    """Say that a person is needed, before the run leaves the due list: should the worker vanish, it is said again."""
    if run.state is not RunState.NEEDS_REVIEW:
        return
    counts = {"set_apart": run.set_apart, "differences": run.differences}
    _log.error("sync needs review", run_id=run.run_id, **counts, **embedded("SyncNeedsReview", 1, COUNT))
