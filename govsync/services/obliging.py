"""Until when the law obliges to keep a student's grades: until the government's certificate covers them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from edu.erasure.parts import Obstacle, register_check
from evaluations.services import get_school
from evaluations.services.erasing import list_told_terms
from govsync.domain.runs import DEADLINE, run_id_of
from govsync.domain.states import RunState
from govsync.repository import runs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evaluations.domain.school import Term
    from govsync.domain.runs import SyncRun


def find_obstacles(student_id: str) -> Iterator[Obstacle]:
    """The terms of the student's grades whose last sync has not ended in a certificate, and by when it has to.

    A query for each run of these terms.
    """
    told = list_told_terms(student_id)
    for term in get_school().terms:
        if term.term_id not in told:
            continue
        run = _last_run(term.term_id)
        if run is None or run.state is not RunState.RECONCILED:
            yield Obstacle("grades_not_certified", term.term_id, run.deadline_at if run else _due_at(term))


def _last_run(term_id: str) -> SyncRun | None:
    last, ordinal = None, 1
    while run := runs.find_run(run_id_of(term_id, ordinal)):
        last, ordinal = run, ordinal + 1
    return last


def _due_at(term: Term) -> datetime:
    """When a sync that starts as the term ends has to be over; the school's own midnight is within a day of it."""
    return datetime.combine(term.ends_on + timedelta(days=1), time(), UTC) + DEADLINE


def register() -> None:
    """Tell it, once, as the app is loaded."""
    register_check("government", find_obstacles)
