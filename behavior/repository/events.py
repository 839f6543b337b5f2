"""Events of the table, and what was rejected because it is no event.

    SCHOOL#<id>#STUDENT#<student>#EVENT   <event id>
    SCHOOL#<id>#REJECTED_EVENT            <student>#<digest of what was sent>

An event is one by its school, student and id: whoever sends it again under another instant or with other content sends
no other event. Items come from the message alone, its arrival included, so a message delivered twice writes nothing
else. A school's events spread over its students' partitions. Both kinds leave the table after ``KEPT_FOR``, counted
from their arrival, but for an event whose expiry was put off: ``expires_at`` says nothing of what was sent, and no
condition but that of ``put_off_expiry`` looks at it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from behavior.domain.events import (
    KEPT_FOR,
    PUT_OFF_BY,
    PUT_OFF_WITHIN,
    Arrival,
    Event,
    StoredEvent,
    clock_of,
    milliseconds_of,
    value_text,
)
from edu.dynamo import cursors, table
from edu.dynamo.errors import ConditionFailedError
from edu.dynamo.keys import Key, joined, school_partition
from edu.dynamo.mapping import from_attributes, instant_text
from edu.dynamo.pages import Page
from edu.dynamo.transactions import NOT_THERE, Condition, Transaction, commit_what_holds
from edu.pseudonyms import pseudonym_of, pseudonyms_of
from edu.tenancy import current_school_id

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from edu.dynamo.mapping import Attributes


_LAKE = (
    *("school_id", "event_id", "student_pseudonym", "kind", "value"),
    *("occurred_at_epoch_s", "arrived_at_epoch_s", "arrived_at_ms"),
)
_TOGETHER = 25  # DynamoDB takes a hundred; but one item that is there, or in another's hands, fails them all


class EventReplacedError(Exception):
    """The item is another than the one that was to be replaced; nothing was written."""


@dataclass(frozen=True, kw_only=True)
class RejectedEvent:
    """What a message held instead of an event. ``content`` is its JSON text, cut at 4,096 characters."""

    student_id: str
    digest: str
    reason: str
    content: str = field(repr=False)
    rejected_at: datetime


def get_arrivals(wanted: Iterable[Arrival]) -> dict[tuple[str, str], Arrival]:
    """What the table has under the identities of these. Strongly consistent; 100 a call.

    Raises:
        StoreUnavailableError: the table is throttled or does not answer.
        AccessDeniedError: see ``edu.dynamo.errors``.
    """
    keys = [_key_of(arrival) for arrival in wanted]
    found = map(_arrival_of, table.get_items(keys, consistent=True))
    return {arrival.identity: arrival for arrival in found}


def put_new_arrivals(arrivals: Sequence[Arrival]) -> dict[tuple[str, str], Arrival]:
    """Write events of different identities where there is none yet, 25 a transaction; returns those that were there.

    Exact, whoever else writes at the same time: of several only one finds nothing there. Idempotent. The keys of all
    their students that are not remembered are read in one call for each 100.

    Raises:
        StoreUnavailableError: the table is throttled or does not answer; some may be written.
        AccessDeniedError: see ``edu.dynamo.errors``.
    """
    pseudonyms_of(arrival.student_id for arrival in arrivals)  # from here on each one's key is remembered
    there: dict[tuple[str, str], Arrival] = {}
    for start in range(0, len(arrivals), _TOGETHER):
        there |= _put_new(arrivals[start : start + _TOGETHER])
    return there


def _put_new(arrivals: Sequence[Arrival]) -> dict[tuple[str, str], Arrival]:
    there: dict[tuple[str, str], Arrival] = {}
    left = list(arrivals)
    while left:
        transaction = Transaction()
        for arrival in left:
            transaction.put(_event_item(arrival), NOT_THERE, name=arrival.identity)
        try:
            transaction.commit()
        except ConditionFailedError as error:
            there |= {identity: _arrival_of(item) for identity, item in error.failed.items() if item}
            left = [arrival for arrival in left if arrival.identity not in error.failed]
        else:
            break
    return there


def replace_arrival(stored: Arrival, arrival: Arrival, rejected: RejectedEvent) -> None:
    """Write an event in the place of the one of the same identity that arrived later, and that one as rejected.

    Raises:
        EventReplacedError: what is stored is not ``stored`` any more.
        StoreUnavailableError, AccessDeniedError: see ``edu.dynamo.errors``.
    """
    transaction = Transaction()
    transaction.put(_event_item(arrival), _is_still(stored), otherwise=EventReplacedError)
    transaction.put(_rejected_item(rejected))
    transaction.commit()


def ask() -> None:
    """Ask the table for something of the school's that is not there.

    Raises:
        StoreUnavailableError: the table does not answer.
        AccessDeniedError: see ``edu.dynamo.errors``.
    """
    table.get_item(Key(school_partition("PROBE"), "PROBE"))


def put_rejected(rejected: Sequence[RejectedEvent]) -> None:
    """Write what was rejected, 25 a call. Idempotent. Same errors as ``put_new_arrivals``."""
    items = {(one.student_id, one.digest): _rejected_item(one) for one in rejected}
    table.write_batch(table.BatchWrite(puts=list(items.values())))


def list_events(student_id: str, *, cursor: str | None = None, limit: int = 50) -> Page[StoredEvent]:
    """A student's events, latest first. Strongly consistent. Reads them all: the key knows no order in time.

    Raises:
        InvalidCursorError: see ``edu.dynamo.cursors``.
    """
    partition = _event_partition(student_id)
    after = cursors.open_cursor(cursor, query=partition) if cursor else None
    items = _all_items(student_id)
    places = sorted(((item["occurred_at"], item["event_id"], item) for item in items), key=_place, reverse=True)
    left = [place for place in places if after is None or place[:2] < (after["occurred_at"], after["event_id"])]
    shown = left[:limit]
    last = {"occurred_at": shown[-1][0], "event_id": shown[-1][1]} if len(left) > limit else None
    return Page(
        [_stored_of(item) for _at, _id, item in shown], cursors.seal_cursor(last, query=partition) if last else None
    )


def all_events(student_id: str) -> Iterator[StoredEvent]:
    """Every event of a student, in no order. Strongly consistent; a query for each megabyte."""
    return map(_stored_of, _all_items(student_id))


def put_off_expiry(student_id: str, *, now: datetime, event_ids: Collection[str] | None = None) -> int:
    """Let a student's events that expire within ``PUT_OFF_WITHIN`` stay ``PUT_OFF_BY`` longer; returns how many do.

    ``event_ids``: of these alone. An item that is gone or has got another expiry meanwhile is left as it is: nothing
    erased comes back. The stream tells of each like of any change, so that the lake gets its row once more.

    Raises:
        StoreUnavailableError: the table is throttled or does not answer; some may be put off.
        AccessDeniedError: see ``edu.dynamo.errors``.
    """
    before = (now + PUT_OFF_WITHIN).timestamp()
    near = {
        item["event_id"]: item
        for item in _all_items(student_id)
        if item["expires_at"] < before and (event_ids is None or item["event_id"] in event_ids)
    }

    def add(transaction: Transaction, event_id: str) -> None:
        item = near[event_id]
        transaction.update(
            Key(item["pk"], item["sk"]),
            "SET expires_at = :later",
            {":later": max(int(item["expires_at"]), int(now.timestamp())) + int(PUT_OFF_BY.total_seconds())},
            Condition("expires_at = :seen", {":seen": item["expires_at"]}),
            name=event_id,
        )

    return len(near) - len(commit_what_holds(near, add, together=_TOGETHER))


def delete_of_student(student_id: str) -> int:
    """Delete a student's events, and what was rejected; returns how many. Idempotent. 25 a call.

    Raises:
        StoreUnavailableError: the table is throttled or does not answer; some may be deleted.
        AccessDeniedError: see ``edu.dynamo.errors``.
    """
    keys = _keys_of_student(student_id)
    table.write_batch(table.BatchWrite(deletes=keys))
    return len(keys)


def count_of_student(student_id: str) -> int:
    """How many there are. Strongly consistent; a query for each megabyte."""
    return len(_keys_of_student(student_id))


def _keys_of_student(student_id: str) -> list[Key]:
    rejected = table.Query(school_partition("REJECTED_EVENT"), prefix=f"{joined(student_id)}#", consistent=True)
    items = [*_all_items(student_id), *table.query_all(rejected)]
    return [Key(item["pk"], item["sk"]) for item in items]


def all_lake_rows(student_id: str) -> Iterator[Attributes]:
    """Every event of a student as the lake should hold it, in no order. Reads like ``all_events``."""
    return map(_lake_row, _all_items(student_id))


def _lake_row(item: Attributes) -> Attributes:
    """What the pipe to the lake makes of an event's item, but for what only the stream knows (never the note)."""
    return {name: item[name] for name in _LAKE}


def list_rejected(*, cursor: str | None = None, limit: int = 50) -> Page[RejectedEvent]:
    """What the school's devices sent and was no event, by student. Strongly consistent.

    Raises:
        InvalidCursorError: see ``edu.dynamo.cursors``.
    """
    query = table.Query(school_partition("REJECTED_EVENT"), consistent=True, limit=limit)
    return table.query_page(query, cursor=cursor).map(lambda item: from_attributes(RejectedEvent, item))


def _is_still(stored: Arrival) -> Condition:
    item = _said(stored)
    seen = {name: item[name] for name in ("arrived_at", "occurred_at", "kind", "value", "note")}
    return Condition(
        " AND ".join(f"#{n} = :seen_{n}" if v is not None else f"attribute_not_exists(#{n})" for n, v in seen.items()),
        {f":seen_{name}": value for name, value in seen.items() if value is not None},
        {f"#{name}": name for name in seen},
    )


def _all_items(student_id: str) -> Iterator[Attributes]:
    return table.query_all(table.Query(_event_partition(student_id), consistent=True, limit=1000))


def _place(found: tuple[str, str, Attributes]) -> tuple[str, str]:
    return found[:2]


def _event_partition(student_id: str) -> str:
    return school_partition("STUDENT", student_id, "EVENT")


def _key_of(arrival: Arrival) -> Key:
    return Key(_event_partition(arrival.student_id), arrival.event.event_id)


def _event_item(arrival: Arrival) -> Attributes:
    """An event as an item, with what the lake's pipe picks from it (never the note)."""
    return {
        **_key_of(arrival).as_attributes(),
        "entity": "behavior_event",
        "school_id": current_school_id(),
        "student_id": arrival.student_id,
        "student_pseudonym": pseudonym_of(arrival.student_id),
        **_said(arrival),
    }


def _said(arrival: Arrival) -> Attributes:
    """What the event and its message say."""
    event = arrival.event
    return {
        "event_id": event.event_id,
        "kind": event.kind,
        "value": value_text(event.value),
        "note": event.note,
        "occurred_at": instant_text(event.occurred_at),
        "occurred_at_epoch_s": int(event.occurred_at.timestamp()),
        "arrived_at": instant_text(arrival.arrived_at),
        "clock": str(clock_of(event.occurred_at, arrival.arrived_at)),
        "arrived_at_epoch_s": int(arrival.arrived_at.timestamp()),
        "arrived_at_ms": milliseconds_of(arrival.arrived_at),
        "expires_at": int((arrival.arrived_at + KEPT_FOR).timestamp()),
    }


def _arrival_of(item: Attributes) -> Arrival:
    return Arrival(
        student_id=item["student_id"], event=_event_of(item), arrived_at=datetime.fromisoformat(item["arrived_at"])
    )


def _event_of(item: Attributes) -> Event:
    return Event(**_content_of(item))


def _stored_of(item: Attributes) -> StoredEvent:
    return StoredEvent(**_content_of(item), arrived_at=datetime.fromisoformat(item["arrived_at"]))


def _content_of(item: Attributes) -> dict[str, Any]:
    return {
        "event_id": item["event_id"],
        "kind": item["kind"],
        "occurred_at": datetime.fromisoformat(item["occurred_at"]),
        "value": Decimal(item["value"]) if item["value"] else None,
        "note": item.get("note"),
    }


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
