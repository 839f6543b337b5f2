"""Celery's entry point for events."""

from __future__ import annotations

from behavior import services
from behavior.domain.events import STORE_EVENTS
from edu.celery import app
from edu.tasks import LoggedTask


@app.task(name=STORE_EVENTS, base=LoggedTask)
def store_events(*, parts: list[object]) -> None:
    """Store one message's events: each part names its school, and is stored with that school's credentials.

    Safe to run again, as SQS does after a kill or an error.

    Raises:
        MalformedMessageError: see ``services.store_message``; after three deliveries SQS dead-letters the message.
        StoreUnavailableError: the same; the next delivery tries again.
    """
    services.store_message(parts)
