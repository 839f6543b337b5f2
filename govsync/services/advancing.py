"""Moving a run one step on, from wherever it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu.jobs import repository as jobs
from edu.jobs.domain import CONTINUE, FINISHED, LOST, StepEnd, StepResult, wait_until
from edu.logs import get_logger
from govsync.domain.runs import parse_run_id
from govsync.domain.states import RunState
from govsync.errors import LaneLostError, LineClosedError, RunMovedError
from govsync.repository import runs
from govsync.services.alarms import tell_person
from govsync.services.parking import take_up
from govsync.services.preparing import prepare_next
from govsync.services.reconciling import reconcile
from govsync.services.sending import send_current
from govsync.services.starting import due_job_of, order_follow_up, owes_grades, start_sync

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from govsync.domain.runs import SyncRun
    from govsync.services.line import Line

_log = get_logger(__name__)

_STEPS: Mapping[RunState, Callable[[SyncRun, str, Line], StepResult]] = {
    RunState.PREPARING: lambda run, actor, _line: prepare_next(run, actor),
    RunState.SENDING: send_current,
    RunState.RECONCILING: reconcile,
    RunState.PARKED: lambda run, actor, _line: take_up(run, actor),
}


def advance_run(*, run_id: str, actor: str, line: Line) -> StepResult:
    """Take one step of a run of the school in scope: at most one request to the government, on ``line``.

    Any worker may call it at any time, after any crash: the step is chosen from what the table says and written on the
    condition that the run has not moved meanwhile. A run whose start was cut off after its due entry is started here;
    one that has ended is taken off the due list.

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
    result = _take_step(run, actor, line)
    if result.end is StepEnd.FINISHED:
        _end(runs.get_run(run.run_id))
        jobs.remove_due(due_job_of(run))
    return result


def _take_step(run: SyncRun, actor: str, line: Line) -> StepResult:
    if run.finished:
        return FINISHED
    try:
        return _STEPS[run.state](run, actor, line)
    except RunMovedError:
        _log.info("another worker moved the run", run_id=run.run_id, version=run.version)
        return LOST
    except LineClosedError as closed:
        return wait_until(closed.until)
    except LaneLostError:
        return CONTINUE


def _end(run: SyncRun) -> None:
    """What an end brings, before the run leaves the due list: should the worker vanish, it is done again."""
    if owes_grades(run):
        order_follow_up(run)
    if run.state is not RunState.NEEDS_REVIEW:
        return
    tell_person("sync needs review", run, rejected=run.rejected, differences=run.differences)
