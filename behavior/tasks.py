"""Celery's entry point for events."""

from __future__ import annotations

from behavior import services
from behavior.domain import STORE_EVENTS
from edu.celery import app
from edu.tasks import SchoolTask


@app.task(name=STORE_EVENTS, base=SchoolTask)
def store_events(*, school_id: str, student_id: str, events: list[object]) -> None:  # noqa: ARG001 - the base enters it
    """Store one message's events of one student. Safe to run again, as SQS does after a kill or an error.

    Raises:
        MalformedMessageError: see ``services.store_events``; after three deliveries SQS dead-letters the message.
        StoreUnavailableError: the same; the next delivery tries again.
    """
    services.store_events(student_id=student_id, events=events)
