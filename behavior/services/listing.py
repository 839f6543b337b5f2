"""Reading a school's events, and what of its devices' was rejected, inside its scope."""

from __future__ import annotations

from typing import TYPE_CHECKING

from behavior.repository import events as repository

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from behavior.domain.events import StoredEvent
    from behavior.repository.events import RejectedEvent
    from edu.dynamo.pages import Page


def list_events(*, student_id: str, cursor: str | None = None, limit: int = 50) -> Page[StoredEvent]:
    """A student's events for as long as they are kept (``domain.KEPT_FOR``), latest first.

    Raises:
        InvalidCursorError: see ``edu.dynamo.cursors``.
    """
    return repository.list_events(student_id, cursor=cursor, limit=limit)


def list_rejected_events(*, cursor: str | None = None, limit: int = 50) -> Page[RejectedEvent]:
    """What the school's devices sent that is no event, for a person to look at, kept as long as events.

    Raises:
        InvalidCursorError: see ``edu.dynamo.cursors``.
    """
    return repository.list_rejected(cursor=cursor, limit=limit)


def iterate_lake_rows(*, student_ids: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    """These students' events that the table has, as rows of the lake. A query for each student, strongly consistent."""
    for student_id in student_ids:
        yield from repository.all_lake_rows(student_id)
