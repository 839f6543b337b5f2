"""Blocking calls beside the event loop, bounded."""

from __future__ import annotations

import asyncio
import threading

import pytest

from behavior.door.threads import BoundedThreads
from edu.http.errors import BusyError
from edu.logs import correlation_id, start_correlation


def test_call_runs_under_the_callers_correlation_id() -> None:
    async def scenario() -> str:
        start_correlation("solicitud-0001")
        return await BoundedThreads(name="t", threads=1, waiting=1).run(correlation_id, timeout_s=5)

    assert asyncio.run(scenario()) == "solicitud-0001"


def test_call_beyond_the_bound_is_refused_and_not_made() -> None:
    release = threading.Event()
    made: list[int] = []

    async def scenario() -> None:
        threads = BoundedThreads(name="t", threads=1, waiting=2)
        under_way = [asyncio.ensure_future(threads.run(release.wait, timeout_s=5)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(BusyError):
            await threads.run(lambda: made.append(1), timeout_s=5)
        release.set()
        await asyncio.gather(*under_way)
        await threads.run(lambda: made.append(2), timeout_s=5)

    asyncio.run(scenario())
    assert made == [2]


def test_call_given_up_on_counts_until_it_ends() -> None:
    release = threading.Event()

    async def scenario() -> None:
        threads = BoundedThreads(name="t", threads=1, waiting=1)
        with pytest.raises(TimeoutError):
            await threads.run(release.wait, timeout_s=0.01)
        with pytest.raises(BusyError):
            await threads.run(release.wait, timeout_s=0.01)
        release.set()
        await asyncio.to_thread(threads.close)
        await asyncio.sleep(0)
        assert threads._under_way == 0

    asyncio.run(scenario())


def test_error_of_the_call_comes_through() -> None:
    def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(BoundedThreads(name="t", threads=1, waiting=1).run(fail, timeout_s=5))
