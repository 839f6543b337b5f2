"""Celery's entry points. A message says which run to advance and nothing else; what to do stands in the table."""

from __future__ import annotations

from edu.celery import app
from edu.jobs.domain import StepEnd
from edu.logs import get_logger
from edu.tasks import LoggedTask, SchoolTask
from govsync import services

_log = get_logger(__name__)


@app.task(base=SchoolTask, name="govsync.advance_run")
def advance_run(*, school_id: str, run_id: str) -> None:
    """Take one step of the run and, while there is something to do at once, send the next message.

    Waits are times in the table that the sweep reads: no ETA, no countdown. A duplicate message does no harm.
    """
    actor = f"worker:{advance_run.request.hostname or 'local'}"
    result = services.advance_run(run_id=run_id, actor=actor)
    _log.info("run advanced", run_id=run_id, outcome=str(result.end))
    if result.end is StepEnd.CONTINUE:
        advance_run.apply_async(kwargs={"school_id": school_id, "run_id": run_id})


@app.task(base=LoggedTask, name="govsync.sweep_due_runs")
def sweep_due_runs() -> None:
    """Send a message for each run whose time has come. Beat calls it; two beats send no more than one."""
    for due in services.sweep_due_runs():
        advance_run.apply_async(kwargs={"school_id": due.school_id, "run_id": due.job_id})
