"""Celery's entry points of evaluations: the nightly consolidation, and imports that nobody moves any more.

A message says which run or import to continue, no more.
"""

from __future__ import annotations

from edu.celery import app
from edu.logs import get_logger
from edu.tasks import LoggedTask, SchoolTask
from evaluations import services
from evaluations.services.reports import nightly

_log = get_logger(__name__)


@app.task(base=SchoolTask, name="evaluations.consolidate_school")
def consolidate_school(*, school_id: str, run_id: str, full: bool = False) -> None:
    """Take one step of a school's run and, while sections are left, send the next message.

    Idempotent: a run that is done does nothing, a doubled message stops where the other is ahead. A step that fails is
    delivered again, three times in all; the sections before it stay done.
    """
    step = nightly.advance_run(run_id=run_id, full=full)
    _log.info(
        "consolidation step",
        run_id=run_id,
        visited=step.job.done,
        total=step.job.total,
        consolidated=step.job.counts.get("consolidated", 0),
        failed=step.job.failures,
    )
    if step.more:
        consolidate_school.apply_async(kwargs={"school_id": school_id, "run_id": run_id, "full": full})


@app.task(base=LoggedTask, name="evaluations.consolidate_all")
def consolidate_all() -> None:
    """Send one message for each school whose night it is, and for each run that nobody moves any more.

    Beat calls it every hour; two beats do each school once.
    """
    for due in nightly.hand_out_runs():
        consolidate_school.apply_async(kwargs={"school_id": due.school_id, "run_id": due.job_id})


@app.task(base=SchoolTask, name="evaluations.advance_import")
def advance_import(*, school_id: str, import_id: str) -> None:
    """Take one step of a school's import and, while parts of its plan are left, send the next message.

    Idempotent: an import that has ended does nothing, a doubled message stops where the other is ahead. A step that
    fails is delivered again, three times in all; the parts before it stay done, and the next sweep sends it anew.
    """
    progress = services.advance_import(import_id=import_id)
    record = progress.record
    _log.info("import step", import_id=import_id, state=str(record.state), done=progress.done, total=progress.total)
    if progress.more:
        advance_import.apply_async(kwargs={"school_id": school_id, "import_id": import_id})


@app.task(base=LoggedTask, name="evaluations.sweep_imports")
def sweep_imports() -> None:
    """Send one message for each import that was begun and that nobody has moved for five minutes. Two do no harm."""
    for school_id, import_id in services.stalled_imports():
        advance_import.apply_async(kwargs={"school_id": school_id, "import_id": import_id})
