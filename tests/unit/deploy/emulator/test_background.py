"""Turns come in order, and none begins once the emulator stops."""

from __future__ import annotations

import threading

from deploy.emulator.extension.background import Turns
from tests.support.waiting import wait_until


def test_who_waits_comes_before_who_asks_again() -> None:
    turns, order, asked = Turns(), [], threading.Event()

    def busy() -> None:
        for number in range(3):
            with turns.turn():
                order.append(f"busy {number}")
                asked.set()
                wait_until(lambda: len(turns._waiting) == 1 or "other" in order, what="the other to ask")

    def other() -> None:
        asked.wait()
        with turns.turn():
            order.append("other")

    threads = [threading.Thread(target=target, daemon=True) for target in (busy, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert order == ["busy 0", "other", "busy 1", "busy 2"]


def test_halt_waits_for_the_turn_at_hand_and_lets_none_begin() -> None:
    turns, told, began = Turns(), threading.Event(), threading.Event()
    done: list[str] = []

    def long() -> None:
        with turns.turn():
            began.set()
            wait_until(lambda: turns.is_halting, what="the stop")
            told.wait()
            done.append("long")

    def late() -> None:
        with turns.turn():
            done.append("late")

    threading.Thread(target=long, daemon=True).start()
    began.wait()
    assert not turns.halt(0.01), "the turn at hand has not ended"
    told.set()
    assert turns.halt(10)
    threading.Thread(target=late, daemon=True).start()
    wait_until(lambda: turns._waiting, what="the late one to ask")
    assert done == ["long"]
