"""Blocking calls from the event loop, made in a few threads beside it."""

from __future__ import annotations

import asyncio
import contextvars
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from edu.http.errors import BusyError

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

T = TypeVar("T")


class BoundedThreads:
    """Runs calls in ``threads`` threads; at most ``waiting`` calls are under way or in line. One event loop only."""

    def __init__(self, *, name: str, threads: int, waiting: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._waiting = waiting
        self._under_way = 0

    async def run(self, call: Callable[[], T], *, timeout_s: float) -> T:
        """The call's result, under the caller's context (correlation id, language).

        A call that is given up on after ``timeout_s`` seconds, or whose caller is cancelled, may still take effect; it
        counts until it really ends.

        Raises:
            BusyError: too many wait already; the call was not made.
            TimeoutError: no result in time.
        """
        if self._under_way >= self._waiting:
            raise BusyError
        loop = asyncio.get_running_loop()
        self._under_way += 1
        try:
            future = self._pool.submit(contextvars.copy_context().run, call)
        except BaseException:
            self._under_way -= 1
            raise
        future.add_done_callback(lambda done: self._end(loop, done))
        return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(future)), timeout_s)

    def close(self) -> None:
        """Wait for what is under way, and start nothing new. Blocks."""
        self._pool.shutdown(wait=True, cancel_futures=False)

    def _end(self, loop: asyncio.AbstractEventLoop, _done: Future[T]) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(self._release)

    def _release(self) -> None:
        self._under_way -= 1
