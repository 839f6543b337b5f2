"""Moving a run one step on, from wherever it stands, and finding the runs whose time has come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu import clock
from edu.jobs import repository as jobs
from edu.jobs import steps
from edu.jobs.domain import CONTINUE, FINISHED, LOST, StepEnd, StepResult, wait_until
from edu.logs import get_logger
from edu.metrics import COUNT, embedded
from govsync.domain.runs import SYNC, parse_run_id
from govsync.domain.states import RunState
from govsync.errors import PausedError, RunMovedError, SlotBusyError
from govsync.repository import runs
from govsync.services.preparing import prepare_next
from govsync.services.reconciling import reconcile
from govsync.services.sending import send_current
from govsync.services.starting import due_job_of, start_sync

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from edu.jobs.domain import DueJob
    from govsync.domain.runs import SyncRun

_log = get_logger(__name__)

_STEPS: Mapping[RunState, Callable[[SyncRun, str], StepResult]] = {
    RunState.PREPARING: prepare_next,
    RunState.SENDING: send_current,
    RunState.RECONCILING: reconcile,
}


def advance_run(*, run_id: str, actor: str) -> StepResult:
    """Take one step of a run of the school in scope: at most one request to the government.

    Any worker may call it at any time, after any crash: the step is chosen from what the table says and written on the
    condition that the run has not moved meanwhile. A run whose start was cut off after its due entry is started here.

    Raises:
        ValueError: ``run_id`` is no run's id.
        InvalidInputError: there is no such run, and the school has no such term.
        StoreUnavailableError: the table does not answer; what the step did is unknown, and taking it again is safe.
        ConfigurationError: the government's address is wrong.
    """
    run = runs.find_run(run_id)
    if run is None:
        term_id, ordinal = parse_run_id(run_id)
        run = start_sync(term_id=term_id, actor=actor, ordinal=ordinal)
    result = _take_step(run, actor)
    if result.end is StepEnd.FINISHED:
        _log_if_unreconciled(runs.get_run(run.run_id))
    steps.reschedule(SYNC, due_job_of(run), result)
    return result


def sweep_due_runs() -> Iterator[DueJob]:
    """The runs of all schools whose time has come, each handed to one caller only: who gets one must have it advanced.

    A run that nobody moves is handed out again after the watchdog's time (``edu.jobs``). Every open run past its
    deadline is logged at error, with the metric ``SyncOverdue``, each time.
    """
    now = clock.now()
    entries = jobs.list_due(SYNC.name)
    for entry in entries:
        late_s = entry.late_s(now)
        if late_s is not None:
            _log_overdue(entry, late_s)
    yield from steps.hand_out(SYNC, entries)


def _log_overdue(entry: DueJob, late_s: float) -> None:
    late_h, metric = round(late_s / 3600, 1), embedded("SyncOverdue", 1, COUNT)
    _log.error("sync overdue", school_id=entry.school_id, run_id=entry.job_id, late_h=late_h, **metric)


def _take_step(run: SyncRun, actor: str) -> StepResult:
    if run.finished:
        return FINISHED
    try:
        return _STEPS[run.state](run, actor)
    except RunMovedError:
        _log.info("another worker moved the run", run_id=run.run_id, version=run.version)
        return LOST
    except PausedError as pause:
        return wait_until(pause.until)
    except SlotBusyError:  # it has waited its time: other runs go first, and this one to the end of the queue
        return CONTINUE


def _log_if_unreconciled(run: SyncRun) -> None:
    """Say that a person is needed, before the run leaves the due list: should the worker vanish, it is said again."""
    if run.state is not RunState.NEEDS_REVIEW:
        return
    counts = {"rejected": run.rejected, "differences": run.differences}
    _log.error("sync needs review", run_id=run.run_id, **counts, **embedded("SyncNeedsReview", 1, COUNT))
