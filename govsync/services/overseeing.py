"""What is looked after whether or not a worker drives the runs: terms that have ended, and deadlines that come near."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from structlog.contextvars import bound_contextvars

from edu import clock
from edu.deadlines import DeadlinePassedError
from edu.dynamo.errors import AccessDeniedError
from edu.logs import get_logger
from edu.metrics import COUNT, embedded
from edu.schools import list_schools
from edu.tenancy import enter_school
from evaluations.domain.nights import local_time
from evaluations.services import get_school
from govsync.domain.calendars import list_just_ended
from govsync.domain.deadlines import Risk
from govsync.domain.runs import run_id_of
from govsync.repository import runs
from govsync.services import starting
from govsync.services.board import list_board

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from edu.schools import RegisteredSchool
    from govsync.services.board import BoardLine

_log = get_logger(__name__)


def start_ended_terms(*, actor: str) -> int:
    """Start the first run of each term that has just ended by its school's calendar, and return how many were started.

    A term that has a run, however it was started, is left alone: doing it twice starts nothing twice. What fails for
    one school, which is logged, keeps no other's term from being started.

    Raises:
        DeadlinePassedError: the task has used up its time; the next one goes on.
    """
    return sum(_in_school(school, partial(_start_of_school, actor)) for school in list_schools())


def order_follow_ups(*, actor: str) -> int:
    """Order a further run of each term that was sent and owes the government grades again; how many were ordered.

    Doing it twice orders nothing twice. What fails for one school is told as in ``start_ended_terms``.

    Raises:
        DeadlinePassedError: the task has used up its time; the next one goes on.
    """
    return sum(_in_school(school, partial(_order_of_school, actor)) for school in list_schools())


def watch_deadlines() -> None:
    """Tell of every open run that is past its deadline, near it, or likely to miss it, with the metric that alarms.

    Each time: ``SyncOverdue`` past it; before it ``SyncDeadlineAtRisk``, 2 when critical and 1 as a warning
    (``govsync.domain.deadlines``).
    """
    now = clock.now()
    for line in list_board():
        _tell(line, now)


def _in_school(school: RegisteredSchool, work: Callable[[RegisteredSchool], int]) -> int:
    with enter_school(school.school_id), bound_contextvars(school_id=school.school_id):
        try:
            return work(school)
        except (DeadlinePassedError, AccessDeniedError):
            raise
        except Exception as error:  # noqa: BLE001 - the others' turn comes; this one's again the next time
            _log.exception("a school's syncs not looked after", error=type(error).__name__)
            return 0


def _order_of_school(actor: str, _school: RegisteredSchool) -> int:
    ordered = starting.order_follow_ups()
    for term_id in ordered:
        _log.info("follow-up ordered", term_id=term_id, actor=actor)
    return len(ordered)


def _start_of_school(actor: str, school: RegisteredSchool) -> int:
    started = 0
    for term in list_just_ended(get_school().terms, local_time(clock.now(), school.time_zone).date()):
        if runs.find_run(run_id_of(term.term_id, 1)) is None:
            run = starting.start_sync(term_id=term.term_id, actor=actor)
            _log.info("sync of an ended term started", run_id=run.run_id)
            started += 1
    return started


def _tell(line: BoardLine, now: datetime) -> None:
    left_h = round((line.deadline_at - now) / timedelta(hours=1), 1)
    names = {"school_id": line.school_id, "run_id": line.run_id, "state": line.state}
    if line.deadline_at <= now:
        _log.error("sync overdue", late_h=-left_h, **names, **embedded("SyncOverdue", 1, COUNT))
    elif line.risk is Risk.CRITICAL:
        _log.error("sync's deadline at risk", left_h=left_h, **names, **embedded("SyncDeadlineAtRisk", 2, COUNT))
    elif line.risk is Risk.WARNING:
        _log.warning("sync's deadline at risk", left_h=left_h, **names, **embedded("SyncDeadlineAtRisk", 1, COUNT))
