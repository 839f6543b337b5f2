"""Celery's entry points of erasures: those that were interrupted, and those whose last parts had to wait."""

from __future__ import annotations

from edu.celery import app
from edu.erasure import erasing
from edu.jobs.domain import StepEnd
from edu.tasks import LoggedTask, SchoolTask


@app.task(base=SchoolTask, name="edu.advance_erasure")
def advance_erasure(*, school_id: str, job_id: str) -> None:
    """Erase the next part of a student and, while parts are left, send the next message. Idempotent."""
    if erasing.advance_erasure(job_id=job_id).end is StepEnd.CONTINUE:
        advance_erasure.apply_async(kwargs={"school_id": school_id, "job_id": job_id})


@app.task(base=LoggedTask, name="edu.advance_erasures")
def advance_erasures() -> None:
    """Send one message for each erasure whose time has come. Two beats send each once."""
    for due in erasing.hand_out_erasures():
        advance_erasure.apply_async(kwargs={"school_id": due.school_id, "job_id": due.job_id})
