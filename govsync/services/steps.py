"""What the steps of a run share: how one ends, and its history entry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from edu import clock
from edu.logs import correlation_id
from govsync.domain.grades import Grade
from govsync.domain.history import HistoryEntry

if TYPE_CHECKING:
    from evaluations.services import GovernmentGrade
    from govsync.client import Exchange
    from govsync.domain.runs import SyncRun


class Outcome(StrEnum):
    """How a step ended. ``lost``: another worker is moving the run, and this one has nothing more to do."""

    CONTINUE = "continue"
    WAIT = "wait"
    FINISHED = "finished"
    LOST = "lost"


@dataclass(frozen=True)
class Advance:
    """A step's end, and for ``wait`` the instant before which nothing is to be done."""

    outcome: Outcome
    until: datetime | None = None


GO_ON = Advance(Outcome.CONTINUE)


def wait_until(instant: datetime) -> Advance:
    """Nothing more before ``instant``."""
    return Advance(Outcome.WAIT, instant)


def entry_of(
    after: SyncRun,
    event: str,
    *,
    actor: str,
    exchange: Exchange | None = None,
    **details: Any,  # noqa: ANN401 - fields of the entry
) -> HistoryEntry:
    """The history entry of the transition that leads to ``after``; ``details`` are more of its fields."""
    if exchange is not None:
        details |= {
            "request_sha256": exchange.request_sha256,
            "response_status": exchange.status,
            "duration_ms": exchange.duration_ms,
        }
    return HistoryEntry(
        at=clock.now(),
        version=after.version,
        actor=actor,
        event=event,
        state=str(after.state),
        correlation_id=correlation_id(),
        **details,
    )


def as_sent(grade: GovernmentGrade) -> Grade:
    """A grade of evaluations as it goes to the government."""
    return Grade(
        evaluation_id=grade.evaluation_id,
        student_id=grade.student_id,
        version=grade.version,
        course_id=grade.course_id,
        state=str(grade.state),
        value=grade.value,
    )
