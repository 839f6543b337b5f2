"""The long jobs on a school's data. Each has a process of its own, killed past its time (``edu.queues``)."""

from __future__ import annotations

from analytics.services import nightly
from edu.celery import app
from edu.logs import get_logger
from edu.tasks import LoggedTask, SchoolTask

_log = get_logger(__name__)


@app.task(base=SchoolTask, name="analytics.export_school")
def export_school(*, school_id: str, export_id: str) -> None:  # noqa: ARG001 - the task's base enters the school
    """Make an export that was ordered. One that is not on record needs nothing: its order did not come about."""
    _log.warning("no such export", export_id=export_id)


@app.task(base=SchoolTask, name="analytics.compact_school")
def compact_school(*, school_id: str, run_id: str) -> None:
    """Merge some months of a school's lake and, while there are more, send the next message.

    Idempotent: a run that is done does nothing, a doubled message stops where the other is ahead.
    """
    step = nightly.advance_run(run_id=run_id)
    _log.info("compaction step", run_id=run_id, visited=step.job.done, total=step.job.total, failed=step.job.failures)
    if step.more:
        compact_school.apply_async(kwargs={"school_id": school_id, "run_id": run_id})


@app.task(base=LoggedTask, name="analytics.compact_all")
def compact_all() -> None:
    """Send one message for each school whose night it is, and for each run that nobody moves any more.

    Beat calls it every hour; two beats do each school once.
    """
    for due in nightly.hand_out_runs():
        compact_school.apply_async(kwargs={"school_id": due.school_id, "run_id": due.job_id})
