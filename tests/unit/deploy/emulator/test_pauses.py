"""Whole-heap collections of the emulator wait until nobody asks for anything."""

from __future__ import annotations

import asyncio
import gc
import time
from typing import TYPE_CHECKING, Any

from deploy.emulator import pauses
from deploy.emulator.pauses import PauseFree

if TYPE_CHECKING:
    import pytest


async def answer(_scope: Any, _receive: Any, _send: Any) -> None:
    """Nothing."""


async def fail(_scope: Any, _receive: Any, _send: Any) -> None:
    raise ZeroDivisionError


def collections_in(seconds: float, application: PauseFree, *, asked: bool) -> int:
    """How many whole-heap collections began while so much time passed, somebody asking all the while or nobody."""
    before, until_s = int(gc.get_stats()[2]["collections"]), time.monotonic() + seconds
    while time.monotonic() < until_s:
        if asked:
            asyncio.run(application({"type": "http"}, None, None))  # type: ignore[arg-type]
        time.sleep(0.01)
    return int(gc.get_stats()[2]["collections"]) - before


def test_heap_is_collected_when_it_is_quiet_and_only_then(monkeypatch: pytest.MonkeyPatch) -> None:
    application, thresholds = PauseFree(answer), gc.get_threshold()
    monkeypatch.setattr(pauses, "QUIET_S", 0.2)
    monkeypatch.setattr(pauses, "_LOOK_EVERY_S", 0.02)
    monkeypatch.setattr(pauses, "_WORTH_IT", 0)
    monkeypatch.setattr(pauses, "SWITCH_EVERY_S", 0.005)
    try:
        application.begin()
        assert gc.get_threshold()[2] > 10**6, "never by itself"
        assert collections_in(0.4, application, asked=True) == 0
        assert collections_in(0.6, application, asked=False) > 0
    finally:
        monkeypatch.setattr(pauses, "_WORTH_IT", 10**9)  # the thread goes on, and does nothing
        gc.set_threshold(*thresholds)
        gc.unfreeze()


def test_request_that_fails_counts_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pauses, "QUIET_S", 0.05)
    application = PauseFree(fail)
    time.sleep(0.06)
    assert application.is_quiet()
    try:
        asyncio.run(application({"type": "http"}, None, None))  # type: ignore[arg-type]
    except ZeroDivisionError:
        assert not application.is_quiet()
