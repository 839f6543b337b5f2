"""The government's limit, two requests in any second, kept over all schools and workers.

    PLATFORM#SYNC#RATE  SLOT#1, SLOT#2      who holds it, and from when on it is free
    PLATFORM#SYNC#RATE  PAUSE               nobody may call before ``until`` (the government's Retry-After)

Fixed sending times would not do: a request delayed on its way arrives next to the ones after it. So there are two
slots, and a request holds one of them from before it is sent until a second after its answer came. Two requests of one
slot then arrive more than a second apart whatever the network does, and with two slots no second sees a third request.
The workers' clocks must agree to within ``CLOCK_MARGIN_S``. The slot of a worker that was killed is free again after
``LEASE_S``.
"""

from __future__ import annotations

import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import SystemRandom
from typing import TYPE_CHECKING

from edu import clock
from edu.dynamo import table
from edu.dynamo.errors import ConditionFailedError, StoreUnavailableError, TransactionConflictError
from edu.dynamo.keys import Key, joined, platform_partition
from edu.dynamo.mapping import from_attributes, instant_text, to_attributes
from edu.dynamo.transactions import NOT_THERE, Condition, Transaction
from edu.logs import get_logger
from edu.tenancy import enter_platform
from govsync.errors import PausedError, SlotBusyError

if TYPE_CHECKING:
    from collections.abc import Iterator

SLOTS = ("1", "2")
WINDOW_S, CLOCK_MARGIN_S = 1.0, 0.05
LEASE_S = 45.0
PATIENCE_S, POLL_S = 20.0, 0.2
_log = get_logger(__name__)
_jitter = SystemRandom()


@dataclass(frozen=True)
class _StoredSlot:
    name: str
    holder: str
    free_at: datetime


@dataclass
class Slot:
    """A slot that is held. Set ``used`` before the request goes out: only an unused slot is free again at once."""

    name: str
    holder: str
    used: bool = False


@contextmanager
def hold_slot(*, patience_s: float = PATIENCE_S) -> Iterator[Slot]:
    """The right to one request, waited for at most ``patience_s``. Enters the platform's scope by itself, for itself.

    Raises:
        PausedError: the government's pause goes on for longer.
        SlotBusyError: there was none in that time; nothing is held.
    """
    slot = _wait_for_slot(time.monotonic() + patience_s)
    try:
        yield slot
    finally:
        _release(slot)


def pause(seconds: float) -> None:
    """Nobody calls the government for so long; a longer pause that stands already stays."""
    until = clock.now() + timedelta(seconds=seconds)
    item = {**_key("PAUSE").as_attributes(), "entity": "sync_pause", "until": instant_text(until)}
    transaction = Transaction()
    earlier = Condition("attribute_not_exists(pk) OR #until < :until", {":until": item["until"]}, {"#until": "until"})
    transaction.put(item, earlier)
    with enter_platform():
        try:
            transaction.commit()
        except ConditionFailedError:
            _log.info("a longer pause stands already")


def _wait_for_slot(deadline: float) -> Slot:
    while True:
        with enter_platform():
            taken = _take_free()
        if isinstance(taken, Slot):
            return taken
        wait_s = _wait_s(taken)
        if time.monotonic() + wait_s > deadline:
            raise taken
        time.sleep(wait_s)


def _wait_s(busy: SlotBusyError) -> float:
    """Until the pause's end, or for a moment: a slot that is held may be free long before its lease ends."""
    wait_s = max((busy.until - clock.now()).total_seconds(), 0.0)
    if not isinstance(busy, PausedError):
        wait_s = min(wait_s, POLL_S)
    return wait_s + _jitter.uniform(0.0, POLL_S / 4)


def _take_free() -> Slot | SlotBusyError:
    """A slot taken, or why there is none."""
    slots, pause_until = _read()
    now = clock.now()
    if pause_until is not None and pause_until > now:
        return PausedError(pause_until)
    for name in _jitter.sample(SLOTS, len(SLOTS)):
        seen = slots.get(name)
        if (seen is None or seen.free_at <= now) and (slot := _take(name, seen)):
            return slot
    return SlotBusyError(min((slot.free_at for slot in slots.values()), default=now))


def _read() -> tuple[dict[str, _StoredSlot], datetime | None]:
    slots: dict[str, _StoredSlot] = {}
    pause_until: datetime | None = None
    for item in table.query_all(table.Query(platform_partition("SYNC", "RATE"), consistent=True)):
        if item["entity"] == "sync_pause":
            pause_until = datetime.fromisoformat(item["until"])
        else:
            slot = from_attributes(_StoredSlot, item)
            slots[slot.name] = slot
    return slots, pause_until


def _take(name: str, seen: _StoredSlot | None) -> Slot | None:
    """Take the slot as it was seen; ``None`` when somebody was faster."""
    taken = _StoredSlot(name, uuid.uuid4().hex, clock.now() + timedelta(seconds=LEASE_S))
    condition = NOT_THERE
    if seen is not None:
        values = {":holder": seen.holder, ":free_at": instant_text(seen.free_at)}
        condition = Condition("holder = :holder AND free_at = :free_at", values)
    transaction = Transaction()
    transaction.put({**_key("SLOT", name).as_attributes(), "entity": "sync_slot", **to_attributes(taken)}, condition)
    try:
        transaction.commit()
    except (ConditionFailedError, TransactionConflictError):
        return None
    return Slot(name, taken.holder)


def _release(slot: Slot) -> None:
    """Free a slot. Should the table not answer, the lease's end frees it: the request's answer must not be lost."""
    free_at = clock.now() + timedelta(seconds=WINDOW_S + CLOCK_MARGIN_S if slot.used else 0.0)
    transaction = Transaction()
    transaction.update(
        _key("SLOT", slot.name),
        "SET free_at = :free_at",
        {":free_at": instant_text(free_at)},
        Condition("holder = :holder", {":holder": slot.holder}),
    )
    with enter_platform():
        try:
            transaction.commit()
        except ConditionFailedError:
            _log.warning("slot overrun", slot=slot.name, lease_s=LEASE_S)
        except StoreUnavailableError as error:
            _log.warning("slot left to its lease", slot=slot.name, error=error.code)


def _key(*parts: str) -> Key:
    return Key(platform_partition("SYNC", "RATE"), joined(*parts))
