"""Celery's entry points of behaviour. Its events have a consumer of their own (``behavior.consumer``)."""

from __future__ import annotations

from behavior import services
from edu.celery import app
from edu.tasks import LoggedTask


@app.task(base=LoggedTask, name="behavior.check_ledger")
def check_ledger() -> None:
    """Look whether the events' ledger closes, and alarm when it does not. Beat calls it; twice does no harm.

    Raises:
        StoreUnavailableError: the table is throttled or does not answer; the message is tried again.
    """
    services.check_ledger()
