"""What becomes of a message's events, whatever else happens to the table meanwhile."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from behavior.domain.events import MAX_EVENTS_OF_MESSAGE, Arrival
from behavior.domain.kinds import KindSwitches
from behavior.errors import MalformedMessageError
from behavior.repository import events as repository
from behavior.repository import kinds
from behavior.repository.events import EventReplacedError, RejectedEvent
from behavior.services import Stored
from edu import clock, memory
from edu.dynamo.errors import AccessDeniedError, StoreUnavailableError
from edu.dynamo.mapping import to_attributes
from edu.tenancy import current_school_id
from tests.support.events import part_of, store_message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

ID = "6f1c0b52-3a6e-4d0f-9a55-0c1f2b7d8e90"
MINUTE_MS = 60_000


class Table:
    """Events and what was rejected, by school. ``before_put`` runs once, as another worker would."""

    def __init__(self) -> None:
        self.events: dict[tuple[str, ...], Arrival] = {}
        self.rejected: dict[str, RejectedEvent] = {}
        self.written: list[Arrival] = []
        self.absent: set[str] = set()
        self.switches = KindSwitches({})
        self.before_put: Callable[[], None] = _nothing

    def get_kind_switches(self) -> KindSwitches:
        return self.switches

    def get_arrivals(self, wanted: Iterable[Arrival]) -> dict[tuple[str, str], Arrival]:
        if current_school_id() in self.absent:
            raise StoreUnavailableError
        own = {one.identity: self.events.get((current_school_id(), *one.identity)) for one in wanted}
        return {identity: found for identity, found in own.items() if found}

    def put_new_arrivals(self, arrivals: Sequence[Arrival]) -> dict[tuple[str, str], Arrival]:
        before, self.before_put = self.before_put, _nothing
        before()
        there = self.get_arrivals(arrivals)
        for one in arrivals:
            if one.identity not in there:
                self.put(one)
        return there

    def replace_arrival(self, stored: Arrival, arrival: Arrival, rejected: RejectedEvent) -> None:
        if self.events[(current_school_id(), *arrival.identity)] != stored:
            raise EventReplacedError
        self.put(arrival)
        self.put_rejected([rejected])

    def put_rejected(self, rejected: Sequence[RejectedEvent]) -> None:
        self.rejected |= {one.digest: one for one in rejected}

    def put(self, arrival: Arrival) -> None:
        self.events[(current_school_id(), *arrival.identity)] = arrival
        self.written.append(arrival)

    @property
    def values(self) -> list[Any]:
        return [arrival.event.value for arrival in self.events.values()]

    @property
    def reasons(self) -> list[str]:
        return sorted(one.reason for one in self.rejected.values())


def _nothing() -> None:
    """Nobody else writes."""


@pytest.fixture(autouse=True)
def table(monkeypatch: pytest.MonkeyPatch) -> Table:
    table = Table()
    memory.forget_everything()
    for name in ("get_arrivals", "put_new_arrivals", "replace_arrival", "put_rejected"):
        monkeypatch.setattr(repository, name, getattr(table, name))
    monkeypatch.setattr(kinds, "get_kind_switches", table.get_kind_switches)
    return table


def event(value: float = 1, **changes: object) -> dict[str, object]:
    made = {
        "event_id": ID,
        "kind": "late",
        "occurred_at": (clock.now() - timedelta(hours=1)).isoformat(),
        "value": value,
    }
    return made | changes


def part(*events: object, school_id: str = "norte", minutes: int = 0, **changes: Any) -> dict[str, Any]:
    made = part_of(school_id, "est-1", events, **changes)
    return made | {"arrived_at_ms": made["arrived_at_ms"] + minutes * MINUTE_MS}


def test_redelivery_writes_nothing(table: Table) -> None:
    message = [part(event(), event(event_id=str(uuid.uuid4())), 7)]
    first = store_message(message)
    assert first == Stored(events=2, rejected=1)
    events, rejected = dict(table.events), dict(table.rejected)
    assert store_message(message) == Stored(duplicates=2, rejected=1)
    assert (table.events, table.rejected, len(table.written)) == (events, rejected, 2)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("changes", [{"value": 2}, {"occurred_at": "2026-11-23T10:15:00-05:00"}, {"note": "otra"}])
def test_of_two_contents_under_one_id_the_first_arrival_is_kept(
    table: Table, order: tuple[int, int], changes: dict[str, object], *, together: bool
) -> None:
    first = event()
    parts = [part(first, minutes=-2), part(first | changes, minutes=-1)]
    came = [parts[place] for place in order]
    for message in [came] if together else [[one] for one in came]:
        store_message(message)
    [kept] = table.events.values()
    assert (kept.event.value, kept.event.note) == (Decimal(1), None)
    assert kept.arrived_at.timestamp() * 1000 == parts[0]["arrived_at_ms"]
    assert kept.event.occurred_at.isoformat() == first["occurred_at"]
    assert table.reasons == ["event_id: taken"]


def test_kind_that_the_school_does_not_use_is_set_aside_from_its_arrival_on(table: Table) -> None:
    table.switches = KindSwitches({"mood": clock.now() - timedelta(minutes=5)}, version=1)
    before = part(event(kind="mood"), minutes=-10)
    after = part(event(kind="mood", event_id=str(uuid.uuid4())), event(event_id=str(uuid.uuid4())), minutes=-1)
    assert store_message([before, after]) == Stored(events=2, rejected=1)
    assert table.reasons == ["kind: not_used"]
    assert sorted(one.event.kind for one in table.events.values()) == ["late", "mood"]
    assert store_message([before, after]) == Stored(duplicates=2, rejected=1)


@pytest.mark.parametrize(("kind", "reason"), [("negative_note", "kind: kind_of_staff"), ("nothing_such", "kind: kind")])
def test_kind_that_devices_do_not_report_is_set_aside(table: Table, kind: str, reason: str) -> None:
    assert store_message([part(event(kind=kind), event(event_id=str(uuid.uuid4())))]) == Stored(events=1, rejected=1)
    assert table.reasons == [reason]


def test_same_content_sent_again_later_is_a_duplicate_with_the_first_arrival(table: Table) -> None:
    sent = event()
    store_message([part(sent, minutes=-2)])
    assert store_message([part(sent, minutes=-1)]) == Stored(duplicates=1)
    assert len(table.written) == 1


def test_id_is_one_for_a_student_and_school_alone(table: Table) -> None:
    parts = [part(event()), part(event(2), school_id="sur"), part(event(3), student_id="est-2")]
    assert store_message(parts) == Stored(events=3)
    assert sorted(table.values) == [1, 2, 3]


@pytest.mark.parametrize(("other_came", "kept"), [(-5, 9), (5, 1)])
def test_what_another_worker_stores_meanwhile_is_judged_too(table: Table, other_came: int, kept: int) -> None:
    sent = event()
    others = part(sent | {"value": 9}, minutes=other_came - 10)
    table.before_put = lambda: table.put(arrival_of(others))
    store_message([part(sent, minutes=-10)])
    assert (table.values, table.reasons) == ([kept], ["event_id: taken"])


def arrival_of(made: dict[str, Any]) -> Arrival:
    other = Table()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("get_arrivals", "put_new_arrivals", "put_rejected"):
            patch.setattr(repository, name, getattr(other, name))
        patch.setattr(kinds, "get_kind_switches", other.get_kind_switches)
        store_message([made])
    return other.written[0]


def test_bad_part_and_absent_school_keep_no_other_from_being_stored(table: Table) -> None:
    table.absent = {"sur"}
    parts = [part(event(), school_id="sur"), part(event(), school_id="NORTE"), part(event())]
    with pytest.raises(StoreUnavailableError):
        store_message([parts[0], parts[2]])
    with pytest.raises(MalformedMessageError):
        store_message(parts)
    assert len(table.events) == 1


def test_refusal_by_iam_ends_the_message_at_once(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_rejected: Sequence[RejectedEvent]) -> None:
        raise AccessDeniedError

    monkeypatch.setattr(repository, "put_rejected", refused)
    with pytest.raises(AccessDeniedError):
        store_message([part(event(), school_id="sur"), part(event())])
    assert [key[0] for key in table.events] == ["sur"]


@pytest.mark.parametrize("parts", [None, [], {"0": 1}, "x"])
def test_message_without_parts_is_malformed(parts: object) -> None:
    with pytest.raises(MalformedMessageError):
        store_message(parts)


def test_message_of_too_many_events_stores_none(table: Table) -> None:
    half = part(*range(MAX_EVENTS_OF_MESSAGE // 2))
    with pytest.raises(MalformedMessageError):
        store_message([half, half, part(1)])
    assert table.rejected == {}
    assert store_message([half, half]).rejected == MAX_EVENTS_OF_MESSAGE


def test_rejected_event_is_kept_short(table: Table) -> None:
    """An item of the table has at most 400 KB: one that does not fit would keep its message from being stored."""
    store_message([part({f"field-{n}": "x" * 8 for n in range(28_000)})])
    [rejected] = table.rejected.values()
    assert rejected.reason.startswith("field-0: unknown_field")
    assert len(json.dumps(to_attributes(rejected))) < 6_000
