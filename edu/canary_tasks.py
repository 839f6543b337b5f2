"""Celery's entry point of the isolation canary."""

from __future__ import annotations

from edu import canary
from edu.celery import app
from edu.tasks import LoggedTask


@app.task(base=LoggedTask, name="edu.try_isolation")
def try_isolation() -> None:
    """Run the isolation probe between two schools once. Beat calls it; running it twice does no harm.

    Raises:
        IsolationBreachError: isolation did not hold; the message is tried again and then dead-lettered, which alarms
            a second time.
    """
    canary.try_isolation()
