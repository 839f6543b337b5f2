"""Callers at work: each a thread with a kept-alive connection of its own."""

from __future__ import annotations

import os
import statistics
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

PERCENTS = (50, 95, 99)
_LOOK_FOR_S = 0.5
_IDLE_SHARE = 0.1
_LONGEST_WAIT_S = 60.0


def run(calls: list[Callable[[], None]], *, each: int, warm_up: int) -> list[float]:
    """Let every caller call ``warm_up`` plus ``each`` times, all at once; the durations of the latter, in ms."""
    taken: list[list[float]] = [[] for _ in calls]
    errors: list[BaseException] = []
    start = threading.Barrier(len(calls))

    def work(number: int) -> None:
        try:
            for _ in range(warm_up):
                calls[number]()
            start.wait(timeout=60)
            for _ in range(each):
                began = time.perf_counter()
                calls[number]()
                taken[number].append((time.perf_counter() - began) * 1000)
        except BaseException as error:  # noqa: BLE001 - raised again by the main thread
            errors.append(error)
            start.abort()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return [duration for durations in taken for duration in durations]


def wait_until_idle(pid: int) -> None:
    """Wait until a process has used less than a tenth of a core for half a second.

    Raises:
        AssertionError: it has not within a minute.
    """
    since_s, before_s = time.monotonic(), _processor_time_s(pid)

    def idle() -> bool:
        nonlocal since_s, before_s
        looked_s = time.monotonic() - since_s
        if looked_s < _LOOK_FOR_S:
            return False
        used_s = _processor_time_s(pid) - before_s
        since_s, before_s = since_s + looked_s, before_s + used_s
        return used_s < _IDLE_SHARE * looked_s

    wait_until(idle, what=f"process {pid} to be idle", timeout_s=_LONGEST_WAIT_S)


def _processor_time_s(pid: int) -> float:
    """What a process has used, by Linux's count (proc(5): fields 14 and 15 of ``stat``, in ticks)."""
    after_name = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def percentiles(durations: list[float]) -> dict[int, float]:
    """The p50, p95 and p99 of durations."""
    cuts = statistics.quantiles(durations, n=100, method="inclusive")
    return {percent: cuts[percent - 1] for percent in PERCENTS}
