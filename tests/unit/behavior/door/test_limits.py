"""A device or a school that sends too much is told to wait, and nobody else is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.test import override_settings

from behavior.door.authentication import Sender
from behavior.door.limits import EventLimits
from behavior.errors import TooManyEventsError

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 23, 15, 15, 20, tzinfo=UTC)
DEVICE = Sender("norte", "est-1")


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    limits = override_settings(EVENTS_A_MINUTE_OF_DEVICE=10, EVENTS_A_MINUTE_OF_SCHOOL=25)
    with limits, time_machine.travel(NOW, tick=False) as clock:
        yield clock


def send(limits: EventLimits, sender: Sender, events: int) -> None:
    limits.require_room(sender)
    limits.count(sender, events)


def test_device_waits_for_the_end_of_the_minute_and_others_do_not(clock: time_machine.Traveller) -> None:
    limits = EventLimits()
    for events in (4, 5, 100):  # a request is taken whole
        send(limits, DEVICE, events)
    with pytest.raises(TooManyEventsError) as told:
        send(limits, DEVICE, 1)
    assert told.value.retry_after_s == 40
    send(limits, Sender("sur", "est-1"), 1)
    clock.shift(timedelta(seconds=40))
    send(limits, DEVICE, 1)


def test_school_waits_with_all_its_devices_and_no_other_school_does() -> None:
    limits = EventLimits()
    for number in range(3):
        send(limits, Sender("norte", f"est-{number}"), 9)
    for sender in (DEVICE, Sender("norte", "est-9")):
        with pytest.raises(TooManyEventsError):
            send(limits, sender, 1)
    send(limits, Sender("norte0", "est-1"), 1)


def test_past_minutes_are_forgotten(clock: time_machine.Traveller) -> None:
    limits = EventLimits()
    for _ in range(5):
        for number in range(20):
            send(limits, Sender(f"school-{number}", "est-1"), 1)
        clock.shift(timedelta(minutes=1))
    limits.require_room(DEVICE)
    assert len(limits._devices) <= 1
