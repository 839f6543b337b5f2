"""The nightly audit and the expiry of events in an emulated cloud: none leaves the table before its row is in the lake.

The clock is set ahead. The first student's event arrived three days before the second's.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from analytics.domain.datasets import Dataset, Month
from analytics.lake import files, layout, snapshots, store
from analytics.services import auditing
from analytics.tasks import audit_school
from behavior.domain.events import KEPT_FOR, PUT_OFF_BY
from behavior.repository import events
from behavior.services import Stored, expiring
from edu import audit, clock
from edu.aws.credentials import CredentialsUnavailableError
from edu.dynamo.errors import StoreUnavailableError
from edu.tenancy import enter_lake, enter_school
from tests.support.cloud import acting_as
from tests.support.events import part_of, store_message
from tests.support.schools import import_school
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tests.support.cloud import Cloud
    from tests.support.schools import TestSchool

EARLIER = timedelta(days=3)
BY_S = int(PUT_OFF_BY.total_seconds())


class Sent:
    """A school with an event of each of two students, both in the lake; it knows each event by its student's place."""

    def __init__(self, cloud: Cloud, school: TestSchool) -> None:
        self.cloud, self.school_id, self.sent_at = cloud, school.school_id, clock.now()
        self.event_ids = [str(uuid.uuid4()), str(uuid.uuid4())]
        self.messages = [
            [self._part(school, place, self.sent_at - before)] for place, before in enumerate((EARLIER, timedelta()))
        ]
        for message in self.messages:
            assert store_message(message) == Stored(events=1)

    def _part(self, school: TestSchool, place: int, arrived_at: datetime) -> dict[str, Any]:
        event = {"event_id": self.event_ids[place], "kind": "late", "occurred_at": arrived_at.isoformat(), "value": 1}
        at_ms = int(arrived_at.timestamp() * 1000)
        return part_of(self.school_id, school.students[place].student_id, [event], arrived_at_ms=at_ms)

    @property
    def items(self) -> list[dict[str, Any]]:
        own = {item["sk"]["S"]: item for item in self.cloud.items_of(self.school_id) if "expires_at" in item}
        return [own[event_id] for event_id in self.event_ids if event_id in own]

    @property
    def expiries(self) -> list[int]:
        return [int(item["expires_at"]["N"]) for item in self.items]

    @property
    def keys(self) -> list[str]:
        months = Month.between(*(Month(at.year, at.month) for at in (self.sent_at - EARLIER, self.sent_at)))
        with enter_school(self.school_id):
            return [found.key for found in snapshots.take(Dataset.EVENTS, months).objects]

    @property
    def rows(self) -> list[dict[str, Any]]:
        with enter_school(self.school_id):
            bodies = [store.get_object(key).body for key in self.keys]
        return [row for body in bodies for row in files.read_parquet(Dataset.EVENTS, body).to_pylist()]

    @property
    def in_lake(self) -> set[str]:
        return {row["event_id"] for row in self.rows}

    def lose(self) -> None:
        with acting_as("operator"), enter_school(self.school_id), enter_lake():
            store.delete_objects(self.keys)
        assert self.in_lake == set()

    def lose_first(self) -> None:
        """Only the row of the event that expires first."""
        kept = [row for row in self.rows if row["event_id"] == self.event_ids[1]]
        self.lose()
        with acting_as("operator"), enter_school(self.school_id), enter_lake():
            body = files.parquet_of(files.table_of(Dataset.EVENTS, kept))
            month = Month.of(kept[0]["occurred_at_epoch_s"])
            store.put_object(layout.month_folder(Dataset.EVENTS, month) + "kept.parquet", body)

    def audit(self, profile: str = "worker") -> int:
        with acting_as(profile), enter_school(self.school_id):
            return auditing.check_school()

    def refills(self) -> list[tuple[str, str]]:
        with enter_school(self.school_id):
            entries = audit.list_month(str(Month(self.sent_at.year, self.sent_at.month))).items
        return [(one.actor, one.reason) for one in entries if one.action == "lake.refilled"]


@pytest.fixture
def sent(cloud: Cloud, school: TestSchool) -> Sent:
    made = Sent(cloud, school)
    wait_until(lambda: made.in_lake == set(made.event_ids), what="both events in the lake", timeout_s=90)
    return made


@pytest.fixture
def put_off(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What the alarm's metric was told, a number for each time."""
    told: list[int] = []
    log = SimpleNamespace(error=lambda _text, **members: told.append(members["EventExpiryPutOff"]))
    monkeypatch.setattr(expiring, "_log", log)
    return told


def set_clock(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    for module in (auditing, expiring):
        monkeypatch.setattr(module, "clock", SimpleNamespace(now=lambda: now))


@pytest.fixture
def near(sent: Sent, monkeypatch: pytest.MonkeyPatch) -> Sent:
    """The first event expires in five days, the other in eight."""
    set_clock(monkeypatch, sent.sent_at + KEPT_FOR - timedelta(days=8))
    return sent


@pytest.fixture
def unwritable(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The lake takes no refill until the patch is undone."""
    put = store.put_object

    def fail(key: str, *args: Any, **named: Any) -> None:
        if layout.REFILLED in key:
            raise StoreUnavailableError
        put(key, *args, **named)

    with monkeypatch.context() as patch:
        patch.setattr(store, "put_object", fail)
        yield patch


def test_rows_missing_for_weeks_are_refilled_by_the_task_and_nothing_is_put_off(near: Sent, put_off: list[int]) -> None:
    before = near.items
    near.lose()
    with acting_as("worker"):
        audit_school.apply(kwargs={"school_id": near.school_id}, throw=True)
    assert near.in_lake == set(near.event_ids)
    assert near.refills()
    assert set(near.refills()) == {("beat", "nightly audit")}
    keys, refills = near.keys, near.refills()
    assert near.audit() == 0
    assert (near.keys, near.refills(), near.items, put_off) == (keys, refills, before, [])


def test_refill_that_is_denied_puts_off_what_is_near_its_expiry_once_and_says_so(
    near: Sent, put_off: list[int]
) -> None:
    first, second = near.expiries
    near.lose()
    with pytest.raises(CredentialsUnavailableError):
        near.audit("web")  # may not enter the lake
    assert (near.expiries, put_off) == ([first + BY_S, second], [1])
    with pytest.raises(CredentialsUnavailableError):
        near.audit("web")
    assert (near.expiries, put_off) == ([first + BY_S, second], [1])
    assert near.audit() == 0
    assert near.in_lake == set(near.event_ids)


@pytest.mark.usefixtures("unwritable")
def test_event_whose_row_is_there_is_not_touched(
    sent: Sent, put_off: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_clock(monkeypatch, sent.sent_at + KEPT_FOR - EARLIER - timedelta(hours=5))  # both are near
    before = sent.items
    assert sent.audit() == 0
    assert (sent.items, put_off) == (before, [])
    first, second = sent.expiries
    sent.lose_first()
    with pytest.raises(StoreUnavailableError):
        sent.audit()
    assert (sent.expiries, put_off) == ([first + BY_S, second], [1])


def test_event_that_was_put_off_is_judged_and_refilled_though_it_is_older_than_events_are_kept(
    near: Sent, put_off: list[int], monkeypatch: pytest.MonkeyPatch, unwritable: pytest.MonkeyPatch
) -> None:
    first, second = near.expiries
    near.lose()
    for days, expiries in ((-8, [1, 0]), (-4, [1, 1]), (3, [2, 2]), (9, [3, 3])):
        set_clock(monkeypatch, near.sent_at + KEPT_FOR + timedelta(days=days))
        near.lose()  # that it was put off has the stream deliver it again
        with pytest.raises(StoreUnavailableError):
            near.audit()
        assert near.expiries == [first + expiries[0] * BY_S, second + expiries[1] * BY_S]
        wait_until(lambda: near.in_lake != set(), what="the lake to get it once more", timeout_s=60)
    assert put_off == [1, 1, 2, 2]
    unwritable.undo()
    near.lose()
    assert near.audit() == 0
    assert near.in_lake == set(near.event_ids)


def test_lake_that_cannot_be_read_puts_off_whatever_is_near(
    near: Sent, put_off: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = near.expiries

    def fail(*_args: object) -> None:
        raise StoreUnavailableError("the lake")

    with monkeypatch.context() as patch:
        patch.setattr(snapshots, "take", fail)
        for _ in range(2):
            with pytest.raises(StoreUnavailableError, match="the lake"):
                near.audit()
    assert (near.expiries, put_off) == ([first + BY_S, second], [1])


@pytest.mark.usefixtures("unwritable")
def test_redelivery_of_what_was_put_off_is_a_duplicate_and_changes_nothing(near: Sent, put_off: list[int]) -> None:
    near.lose()
    with pytest.raises(StoreUnavailableError):
        near.audit()
    before = near.items
    assert store_message(near.messages[0]) == Stored(duplicates=1)
    assert (near.items, put_off) == (before, [1])
    [earlier] = near.messages[0]
    changed = earlier | {"arrived_at_ms": earlier["arrived_at_ms"] - 1}
    changed["events"] = [event | {"value": 2} for event in changed["events"]]
    assert store_message([changed]) == Stored(events=1, conflicts=1)  # what was put off is replaced like any other


@pytest.mark.usefixtures("unwritable")
@pytest.mark.parametrize("expiry", [None, "1"])
def test_event_that_is_erased_or_changed_meanwhile_is_left(
    near: Sent, put_off: list[int], monkeypatch: pytest.MonkeyPatch, expiry: str | None
) -> None:
    second = near.expiries[1]
    near.lose()
    read, table, root = events._all_items, near.cloud.outputs["TableName"], near.cloud.root("dynamodb")

    def read_before(student_id: str) -> list[Any]:
        """Another's change comes between the read and the update."""
        found = list(read(student_id))
        for item in [item for item in near.items if item["student_id"]["S"] == student_id]:
            if expiry is None:
                root.delete_item(TableName=table, Key={"pk": item["pk"], "sk": item["sk"]})
            else:
                root.put_item(TableName=table, Item=item | {"expires_at": {"N": expiry}})
        return found

    def put_off_after_that(*args: Any, **named: Any) -> int:
        with monkeypatch.context() as patch:
            patch.setattr(events, "_all_items", read_before)
            return put_off_expiry(*args, **named)

    put_off_expiry = events.put_off_expiry
    monkeypatch.setattr(events, "put_off_expiry", put_off_after_that)
    with pytest.raises(StoreUnavailableError):
        near.audit()
    assert (near.expiries, put_off) == ([1, second] if expiry else [second], [])


@pytest.mark.usefixtures("unwritable")
def test_neighbours_events_are_not_put_off(near: Sent, put_off: list[int], other_school_id: str) -> None:
    with acting_as("worker"):
        neighbour = Sent(near.cloud, import_school(other_school_id))
    before = neighbour.items
    near.lose()
    with pytest.raises(StoreUnavailableError):
        near.audit()
    assert (neighbour.items, put_off) == (before, [1])


def test_more_rows_than_one_night_writes_are_written_by_the_next_ones(
    near: Sent, put_off: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditing, "_REFILLED_AT_MOST", 1)
    near.lose()
    assert near.audit() == 1
    assert near.audit() == 0
    assert near.in_lake == set(near.event_ids)
    assert sum(put_off) <= 1  # whichever was left
