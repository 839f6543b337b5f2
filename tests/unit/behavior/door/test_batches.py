"""Which requests make a message, in which order, and how many may stand in line."""

from __future__ import annotations

import asyncio

import pytest

from behavior.door.batches import BYTES_OF_MESSAGE, EVENTS_OF_MESSAGE, Batch, Buffer, Share
from behavior.errors import QueueUnavailableError
from edu.http.errors import BusyError


@pytest.fixture
def loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


def _part(loop: asyncio.AbstractEventLoop, events: int = 1, size: int = 10) -> Share:
    return Share(b"x" * size, "norte", events, loop.create_future())


def _taken(line: Buffer) -> Batch:
    batch = line.take()
    assert batch is not None
    return batch


def test_message_ends_before_it_has_too_many_events(loop: asyncio.AbstractEventLoop) -> None:
    line = Buffer()
    sent = [_part(loop, events) for events in (60, 40, 1, 100, 99, 1)]
    for part in sent:
        line.join(part)
    batches = [_taken(line) for _ in range(4)]
    assert [batch.events for batch in batches] == [100, 1, 100, 100]
    assert [part for batch in batches for part in batch.parts] == sent
    assert line.take() is None


def test_message_ends_before_it_has_too_many_bytes(loop: asyncio.AbstractEventLoop) -> None:
    line = Buffer()
    for size in (BYTES_OF_MESSAGE - 5, 5, 1, BYTES_OF_MESSAGE):
        line.join(_part(loop, size=size))
    assert [_taken(line).bytes for _ in range(3)] == [BYTES_OF_MESSAGE, 1, BYTES_OF_MESSAGE]


def test_first_request_always_goes_whatever_its_size(loop: asyncio.AbstractEventLoop) -> None:
    line = Buffer()
    line.join(_part(loop, EVENTS_OF_MESSAGE + 1, BYTES_OF_MESSAGE + 1))
    assert len(_taken(line).parts) == 1


@pytest.mark.parametrize("bound", [{"most_events": 4}, {"most_bytes": 40}])
def test_line_is_full_until_what_was_sent_is_released(loop: asyncio.AbstractEventLoop, bound: dict[str, int]) -> None:
    line = Buffer(**bound)
    for _ in range(4):
        line.join(_part(loop))
    with pytest.raises(BusyError):
        line.join(_part(loop))
    batch = _taken(line)
    with pytest.raises(BusyError):
        line.join(_part(loop))
    line.release(batch)
    line.join(_part(loop, 4, 40))


def test_request_nobody_waits_for_is_left_out_and_makes_room(loop: asyncio.AbstractEventLoop) -> None:
    line = Buffer(most_events=2)
    gone, waits = _part(loop), _part(loop)
    line.join(gone)
    line.join(waits)
    gone.done.cancel()
    assert _taken(line).parts == [waits]
    line.join(_part(loop))


def test_those_in_line_fail_and_make_room(loop: asyncio.AbstractEventLoop) -> None:
    line = Buffer(most_events=2)
    sent, waits = _part(loop), _part(loop)
    line.join(sent)
    batch = _taken(line)
    line.join(waits)
    assert line.unanswered() == [sent, waits]
    line.fail_waiting()
    assert isinstance(waits.done.exception(), QueueUnavailableError)
    assert line.unanswered() == [sent]
    line.release(batch)
    line.join(_part(loop, 2))
