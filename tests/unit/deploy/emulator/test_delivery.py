"""Which records leave a delivery stream's list: those that were delivered or set apart, a bounded number a turn."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from deploy.emulator.extension import background, delivery, patching
from deploy.emulator.extension.background import Turns

if TYPE_CHECKING:
    from collections.abc import Iterator

PUT, APART = "put", "apart"


class Lake:
    """A delivery stream with ``count`` records and what became of them, in order."""

    def __init__(self, count: int, bad: set[int]) -> None:
        self.bad = {str(number).encode() for number in bad}
        self.happened: list[tuple[str, int]] = []
        data = [base64.b64encode(str(number).encode()).decode() for number in range(count)]
        records = [{"id": f"r{number}", "data": content, "ts": 0} for number, content in enumerate(data)]
        self.destination = {"type": "ExtendedS3", "config": {"Prefix": "all/"}, "records": records}
        self.stream = {"name": "s", "destinations": [self.destination]}

    def put(self, _stream: Any, _destination: Any, _prefix: str, data: list[bytes]) -> None:
        if self.bad & set(data):
            raise patching.service("firehose")._conversion_error("mismatch")
        self.happened.append((PUT, len(data)))

    def set_apart(self, _stream: Any, _destination: Any, _data: bytes, _keys: Any = None) -> None:
        self.happened.append((APART, 1))

    @property
    def waiting(self) -> int:
        return len(self.destination["records"])


@pytest.fixture
def lake(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    """Of so many records, these faulty."""
    found = Lake(*request.param)
    firehose = patching.service("firehose")
    monkeypatch.setattr(delivery, "_put_group", found.put)
    monkeypatch.setattr(firehose, "_deliver_to_s3", found.set_apart)
    firehose._streams.set_scoped("0" * 12, "us-east-1", "s", found.stream)
    yield found
    firehose._streams.clear()


@pytest.mark.parametrize("lake", [(delivery.TURN_RECORDS + 10, set())], indirect=True)
def test_turn_takes_a_bounded_number_and_tells_that_more_waits(lake: Lake) -> None:
    assert delivery.deliver_all()
    assert lake.happened == [(PUT, delivery.TURN_RECORDS)]
    assert not delivery.deliver_all()
    assert lake.happened[1:] == [(PUT, 10)]
    assert lake.waiting == 0


@pytest.mark.parametrize("lake", [(1024, {300})], indirect=True)
def test_faulty_record_is_found_by_halves(lake: Lake) -> None:
    delivery.deliver_all()
    assert sum(count for _what, count in lake.happened) == 1024
    assert lake.happened.count((APART, 1)) == 1
    assert len(lake.happened) <= 12, "a few objects, not one for each record"
    assert lake.waiting == 0


@pytest.mark.parametrize("lake", [(8, {0})], indirect=True)
def test_what_a_stop_leaves_undelivered_stays(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns()
    monkeypatch.setattr(background, "_turns", turns)

    def put_and_stop(*arguments: Any) -> None:
        Lake.put(lake, *arguments)
        turns.halt(0)

    monkeypatch.setattr(delivery, "_put_group", put_and_stop)
    delivery.deliver_all()
    assert lake.happened == [(APART, 1), (PUT, 1)]
    assert lake.waiting == 6
    delivery.deliver_all()
    assert lake.waiting == 6, "nothing begins after the stop"


@pytest.mark.parametrize("lake", [(3, set())], indirect=True)
def test_refused_object_keeps_its_records(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: Any) -> None:
        raise delivery.UndeliveredError("no such bucket")

    monkeypatch.setattr(delivery, "_put_group", refuse)
    assert not delivery.deliver_all()
    assert lake.waiting == 3
