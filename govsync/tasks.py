"""Celery's entry points: orders, and what beat looks after. No message advances a run (``manage.py advance_syncs``)."""

from __future__ import annotations

from edu.celery import app
from edu.logs import get_logger
from edu.tasks import LoggedTask, SchoolTask
from govsync import services

_log = get_logger(__name__)


@app.task(base=SchoolTask, name="govsync.start_sync")
def start_sync(*, school_id: str, term_id: str, actor: str, ordinal: int = 1) -> None:  # noqa: ARG001 - the base enters it
    """Start the term's n-th run, as ``actor`` ordered. A doubled message finds it started.

    For a process that may not enter the platform's scope, such as the console.
    """
    run = services.start_sync(term_id=term_id, actor=actor, ordinal=ordinal)
    _log.info("sync ordered", run_id=run.run_id, state=str(run.state))


@app.task(base=LoggedTask, name="govsync.start_ended_terms")
def start_ended_terms() -> None:
    """Start the first run of each term that has just ended. Beat calls it every hour; two beats start nothing twice."""
    _log.info("ended terms", started=services.start_ended_terms(actor="beat"))


@app.task(base=LoggedTask, name="govsync.watch_deadlines")
def watch_deadlines() -> None:
    """Tell of the runs near or past their deadline. Beat calls it; it needs no worker that drives them."""
    services.watch_deadlines()


@app.task(base=LoggedTask, name="govsync.order_follow_ups")
def order_follow_ups() -> None:
    """Order a further run where grades changed after a term was sent. Beat calls it every quarter of an hour."""
    _log.info("follow-ups", ordered=services.order_follow_ups(actor="beat"))
