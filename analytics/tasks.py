"""The long jobs on a school's data. Each has a process of its own, killed past its time (``edu.queues``)."""

from __future__ import annotations

from analytics.services import holding, purging
from edu.celery import app
from edu.logs import get_logger
from edu.schools import list_schools
from edu.tasks import LoggedTask, SchoolTask

_log = get_logger(__name__)


@app.task(base=SchoolTask, name="analytics.export_school")
def export_school(*, school_id: str, export_id: str) -> None:  # noqa: ARG001 - the task's base enters the school
    """Make an export that was ordered. Idempotent: killed or failed, it is begun again when its message comes again."""
    from analytics.services.exporting import making  # noqa: PLC0415 - pyarrow: only the worker of long jobs pays

    making.make_export(export_id=export_id)


@app.task(base=SchoolTask, name="analytics.compact_school")
def compact_school(*, school_id: str, run_id: str) -> None:
    """Merge some months of a school's lake and, while there are more, send the next message.

    Idempotent: a run that is done does nothing, a doubled message stops where the other is ahead.
    """
    from analytics.services import nightly  # noqa: PLC0415 - pyarrow: only the worker of long jobs pays

    step = nightly.advance_run(run_id=run_id)
    _log.info("compaction step", run_id=run_id, visited=step.job.done, total=step.job.total, failed=step.job.failures)
    if step.more:
        compact_school.apply_async(kwargs={"school_id": school_id, "run_id": run_id})


@app.task(base=LoggedTask, name="analytics.compact_all")
def compact_all() -> None:
    """Send one message for each school whose night it is, and for each run that nobody moves any more.

    Beat calls it every hour; two beats do each school once.
    """
    from analytics.services import nightly  # noqa: PLC0415 - pyarrow: only the worker of long jobs pays

    for due in nightly.hand_out_runs():
        compact_school.apply_async(kwargs={"school_id": due.school_id, "run_id": due.job_id})


@app.task(base=SchoolTask, name="analytics.purge_school")
def purge_school(*, school_id: str) -> None:  # noqa: ARG001 - the task's base enters the school
    """Remove the school's months of the lake that are kept no longer, once its legal holds are settled. Idempotent."""
    holding.settle_holds()
    months = list(purging.purge_expired())
    _log.info("lake purged", months=len(months), held=sum(bool(month.held_by) for month in months))


@app.task(base=LoggedTask, name="analytics.purge_all")
def purge_all() -> None:
    """Send one message for each school. Beat calls it every night; two beats purge twice, which changes nothing."""
    for school_id in purging.schools_to_purge():
        purge_school.apply_async(kwargs={"school_id": school_id})


@app.task(base=SchoolTask, name="analytics.audit_school")
def audit_school(*, school_id: str) -> None:  # noqa: ARG001 - the task's base enters the school
    """Compare a school's lake with its table, write what is missing, keep what expires without a row. Idempotent."""
    from analytics.services import auditing  # noqa: PLC0415 - pyarrow: only the worker of long jobs pays

    auditing.check_school()


@app.task(base=LoggedTask, name="analytics.audit_all")
def audit_all() -> None:
    """Send one message for each school. Beat calls it once a day, when the day before can be judged."""
    for school in list_schools():
        audit_school.apply_async(kwargs={"school_id": school.school_id})
