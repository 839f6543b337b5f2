"""Events of the table, and what was rejected because it is no event.

    SCHOOL#<id>#STUDENT#<student>#EVENT   <occurred at>#<event id>
    SCHOOL#<id>#REJECTED_EVENT            <student>#<digest of what was sent>

Keys come from the content alone, so a message delivered twice writes the same items over. A school's events spread over
its students' partitions. Both kinds leave the table after ``KEPT_FOR``, counted from when they were stored.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from behavior.domain import KEPT_FOR, Event, value_text
from edu.dynamo import table
from edu.dynamo.keys import Key, joined, school_partition
from edu.dynamo.mapping import from_attributes, instant_text
from edu.pseudonyms import pseudonym_of
from edu.tenancy import current_school_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edu.dynamo.mapping import Attributes
    from edu.dynamo.pages import Page


@dataclass(frozen=True, kw_only=True)
class RejectedEvent:
    """What a message held instead of an event. ``content`` is its JSON text, cut at 4,096 characters."""

    student_id: str
    digest: str
    reason: str
    content: str = field(repr=False)
    rejected_at: datetime


def put_events(
    student_id: str, events: Sequence[Event], rejected: Sequence[RejectedEvent], *, stored_at: datetime
) -> None:
    """Write all, 25 a call. Idempotent: run it again after any error.

    Raises:
        StoreUnavailableError: the table is throttled or does not answer; some may be written.
        AccessDeniedError: see ``edu.dynamo.errors``.
    """
    items = [_event_item(student_id, event, stored_at) for event in events]
    items += [_rejected_item(one) for one in rejected]
    unique = {(item["pk"], item["sk"]): item for item in items}  # DynamoDB refuses a call that names a key twice
    table.write_batch(table.BatchWrite(puts=list(unique.values())))


def list_events(student_id: str, *, cursor: str | None = None, limit: int = 50) -> Page[Event]:
    """A student's events, latest first. Strongly consistent.

    Raises:
        InvalidCursorError: see ``edu.dynamo.cursors``.
    """
    query = table.Query(_event_partition(student_id), descending=True, consistent=True, limit=limit)
    return table.query_page(query, cursor=cursor).map(_event_of)


def list_rejected(*, cursor: str | None = None, limit: int = 50) -> Page[RejectedEvent]:
    """What the school's devices sent and was no event, by student. Strongly consistent.

    Raises:
        InvalidCursorError: see ``edu.dynamo.cursors``.
    """
    query = table.Query(school_partition("REJECTED_EVENT"), consistent=True, limit=limit)
    return table.query_page(query, cursor=cursor).map(lambda item: from_attributes(RejectedEvent, item))


def _event_partition(student_id: str) -> str:
    return school_partition("STUDENT", student_id, "EVENT")


def _event_item(student_id: str, event: Event, stored_at: datetime) -> Attributes:
    """An event as an item, with what the lake's pipe picks from it (never the note)."""
    occurred_at = instant_text(event.occurred_at)
    return {
        **Key(_event_partition(student_id), joined(occurred_at, event.event_id)).as_attributes(),
        "entity": "behavior_event",
        "school_id": current_school_id(),
        "student_id": student_id,
        "student_pseudonym": pseudonym_of(student_id),
        "event_id": event.event_id,
        "kind": event.kind,
        "value": value_text(event.value),
        "note": event.note,
        "occurred_at": occurred_at,
        "occurred_at_epoch_s": int(event.occurred_at.timestamp()),
        "stored_at_epoch_s": int(stored_at.timestamp()),
        "expires_at": int((stored_at + KEPT_FOR).timestamp()),
    }


def _event_of(item: Attributes) -> Event:
    return Event(
        event_id=item["event_id"],
        kind=item["kind"],
        occurred_at=datetime.fromisoformat(item["occurred_at"]),
        value=Decimal(item["value"]) if item["value"] else None,
        note=item.get("note"),
    )


def _rejected_item(rejected: RejectedEvent) -> Attributes:
    return {
        **Key(school_partition("REJECTED_EVENT"), joined(rejected.student_id, rejected.digest)).as_attributes(),
        "entity": "rejected_event",
        "student_id": rejected.student_id,
        "digest": rejected.digest,
        "reason": rejected.reason,
        "content": rejected.content,
        "rejected_at": instant_text(rejected.rejected_at),
        "expires_at": int((rejected.rejected_at + KEPT_FOR).timestamp()),
    }
