"""A device or a school that sends too much is told to wait, and nobody else is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from behavior.door.authentication import Sender
from behavior.door.limits import BURST_S, EventLimits
from behavior.errors import TooManyEventsError

if TYPE_CHECKING:
    from collections.abc import Iterator

DEVICE = Sender("norte", "est-1")


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limits(clock: Clock) -> Iterator[EventLimits]:
    """A device may send one event a second, a school three."""
    with override_settings(EVENTS_A_MINUTE_OF_DEVICE=60, EVENTS_A_MINUTE_OF_SCHOOL=180):
        yield EventLimits(timer=clock)


def send(limits: EventLimits, sender: Sender, events: int) -> None:
    limits.require_room(sender)
    limits.count(sender, events)


def test_device_waits_until_there_is_room_and_others_do_not(limits: EventLimits, clock: Clock) -> None:
    for events in (1, 1, 10):  # a request is taken whole
        send(limits, DEVICE, events)
    with pytest.raises(TooManyEventsError) as told:
        send(limits, DEVICE, 1)
    assert told.value.retry_after_s == 12 - BURST_S
    send(limits, Sender("sur", "est-1"), 1)
    clock.now_s += told.value.retry_after_s
    send(limits, DEVICE, 1)
    with pytest.raises(TooManyEventsError):
        send(limits, DEVICE, 1)


def test_what_could_not_be_taken_is_given_back(limits: EventLimits) -> None:
    for _ in range(20):  # an outage, and a device that goes on trying
        send(limits, DEVICE, 10)
        limits.count(DEVICE, -10)
    send(limits, DEVICE, 1)
    limits.require_room(DEVICE)


def test_school_waits_with_all_its_devices_and_no_other_school_does(limits: EventLimits, clock: Clock) -> None:
    for number in range(4):
        send(limits, Sender("norte", f"est-{number}"), 2)
    for sender in (DEVICE, Sender("norte", "est-9")):
        with pytest.raises(TooManyEventsError) as told:
            send(limits, sender, 1)
    assert told.value.retry_after_s == 1
    send(limits, Sender("norte0", "est-1"), 1)
    clock.now_s += 1
    send(limits, Sender("norte", "est-9"), 1)


def test_burst_is_a_few_seconds_worth_and_never_a_minutes(limits: EventLimits, clock: Clock) -> None:
    clock.now_s += 3600  # a device that was silent has saved nothing up
    for _ in range(int(BURST_S) + 1):
        send(limits, DEVICE, 1)
    with pytest.raises(TooManyEventsError):
        send(limits, DEVICE, 1)


def test_those_who_are_not_heard_of_are_forgotten(limits: EventLimits, clock: Clock) -> None:
    for _ in range(5):
        for number in range(20):
            send(limits, Sender(f"school-{number}", "est-1"), 1)
        clock.now_s += 61
    send(limits, DEVICE, 1)
    assert len(limits._used_up_at) <= 2


@given(st.lists(st.tuples(st.floats(0, 20), st.integers(1, 30)), max_size=60))
def test_nobody_gets_more_than_the_burst_and_the_pace_allow(requests: list[tuple[float, int]]) -> None:
    clock, sent = Clock(), list[tuple[float, int]]()
    with override_settings(EVENTS_A_MINUTE_OF_DEVICE=60, EVENTS_A_MINUTE_OF_SCHOOL=10**7):
        limits = EventLimits(timer=clock)
        for pause_s, events in requests:
            clock.now_s += pause_s
            try:
                send(limits, DEVICE, events)
            except TooManyEventsError:
                continue
            sent.append((clock.now_s, events))
    for first, (begin_s, _events) in enumerate(sent):
        taken = 0
        for at_s, events in sent[first:]:
            assert taken <= BURST_S + (at_s - begin_s) + 0.001  # before the request that may pass it
            taken += events
