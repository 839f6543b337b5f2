"""Whole-heap collections of the emulator wait until nobody asks for anything."""

from __future__ import annotations

import asyncio
import gc
import sys
from typing import TYPE_CHECKING, Any

import pytest

from deploy.emulator import pauses
from deploy.emulator.pauses import QUIET_S, PauseFree, keep_from_pausing

if TYPE_CHECKING:
    from collections.abc import Iterator


class Clock:
    """Stands until it is put forward."""

    def __init__(self) -> None:
        self.at_s = 100.0

    def __call__(self) -> float:
        return self.at_s


async def answer(_scope: Any, _receive: Any, _send: Any) -> None:
    """Nothing."""


async def fail(_scope: Any, _receive: Any, _send: Any) -> None:
    raise ZeroDivisionError


def ask(application: PauseFree) -> None:
    asyncio.run(application({"type": "http"}, None, None))  # type: ignore[arg-type]


def collects(application: PauseFree) -> bool:
    """Whether a look at this moment collects the whole heap."""
    before = gc.get_stats()[2]["collections"]
    assert application.collect() is False, "there is never more to do at once"
    return bool(gc.get_stats()[2]["collections"] > before)


@pytest.fixture
def settled() -> Iterator[None]:
    """This process as the emulator has it, and back."""
    thresholds, interval_s = gc.get_threshold(), sys.getswitchinterval()
    keep_from_pausing()
    yield
    gc.set_threshold(*thresholds)
    gc.unfreeze()
    sys.setswitchinterval(interval_s)


@pytest.mark.usefixtures("settled")
def test_heap_is_collected_when_it_is_quiet_and_only_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pauses, "_WORTH_IT", 0)
    clock = Clock()
    application = PauseFree(answer, clock)
    assert gc.get_threshold()[2] > 10**6, "never by itself"
    ask(application)
    assert not collects(application)
    clock.at_s += QUIET_S
    assert collects(application)
    ask(application)
    assert not collects(application)


@pytest.mark.usefixtures("settled")
def test_heap_is_left_alone_while_too_little_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pauses, "_WORTH_IT", 10**9)
    clock = Clock()
    application = PauseFree(answer, clock)
    clock.at_s += QUIET_S
    assert not collects(application)


@pytest.mark.usefixtures("settled")
def test_heap_is_collected_in_the_end_where_it_is_never_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pauses, "_OVERDUE", 0)
    application = PauseFree(answer, Clock())
    ask(application)
    assert collects(application)


def test_request_that_fails_counts_as_one() -> None:
    clock = Clock()
    application = PauseFree(fail, clock)
    clock.at_s += QUIET_S
    assert application.is_quiet()
    with pytest.raises(ZeroDivisionError):
        ask(application)
    assert not application.is_quiet()
