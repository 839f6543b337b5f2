"""Parts of messages of events, as the doors make them, for those who put them before the worker themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from behavior import services
from edu import clock

if TYPE_CHECKING:
    from collections.abc import Sequence


def part_of(school_id: str, student_id: str, events: Sequence[object], /, **changes: Any) -> dict[str, Any]:
    """A part that has just arrived; ``changes`` to ``None`` leave a member out."""
    arrived_at_ms = int(clock.now().timestamp() * 1000)
    given = {"school_id": school_id, "student_id": student_id, "arrived_at_ms": arrived_at_ms, "events": list(events)}
    return {name: value for name, value in (given | changes).items() if value is not None}


def store_message(parts: object) -> services.Stored:
    """Store a message's parts as the consumer does, and raise what would keep it in its queue."""
    good, fault = services.read_message(parts)
    outcomes = services.store_by_school(good)
    failures = [fault, *(outcome for outcome in outcomes if isinstance(outcome, Exception))]
    if failure := next(filter(None, failures), None):
        raise failure
    return sum((outcome for outcome in outcomes if isinstance(outcome, services.Stored)), services.Stored())


def store(school_id: str, student_id: str, events: Sequence[object], /, **changes: Any) -> services.Stored:
    """Store the events as a worker does. Not inside a school: the part names its own."""
    return store_message([part_of(school_id, student_id, events, **changes)])
