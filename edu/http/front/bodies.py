"""Bodies, received whole on the event loop: within a size, a number of pieces and a time.

Whoever sends slowly costs a connection and what came so far, and no thread. When too many bodies are on their way, or
they hold too much memory together, the oldest are given up: an honest body is there within moments, and half a body is
the oldest before long.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from edu.http.errors import BodyTimeoutError, BodyTooLargeError, BusyError
from edu.http.minutes import MinuteCounts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from edu.http.front.limits import Limits

    Receive = Callable[[], Awaitable[Mapping[str, Any]]]
    Payer = Callable[[], str]

_LOOK_EVERY_S = 1.0  # a timer for each body would cost a quarter of receiving it


class ClientGoneError(Exception):
    """The client closed the connection before its request was complete: nothing of it counts, and none is answered."""


class _Waiting:
    """A body on its way: the request's task, until when it is waited for, and the bytes it holds or has announced."""

    __slots__ = ("given_up", "held", "task", "until_s")

    def __init__(self, task: asyncio.Task[Any], until_s: float) -> None:
        self.task, self.until_s = task, until_s
        self.held, self.given_up = 0, False

    def give_up(self) -> None:
        self.given_up = True
        self.task.cancel()


class Bodies:
    """Receives the bodies of one process and knows how much they hold, until each is released."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._small_pieces = MinuteCounts()  # by payer: taking one costs more than a hundred of its bytes
        self._waiting: dict[_Waiting, None] = {}  # the oldest first
        self._held = 0
        self._looks = False

    async def receive_whole(self, receive: Receive, declared: int | None, payer: Payer = str) -> bytes:
        """The body; ``release`` it when its request is over. ``declared`` is its length if the head told it.

        Small pieces past the first are on the account of the ``payer``, who is asked for only then.

        Raises:
            BodyTooLargeError: it passes the limit, or comes in too many pieces, or its payer's bodies did in this
                minute; no more of it was read.
            BodyTimeoutError: it did not come whole in time, or was the oldest when there was no room.
            BusyError: there is no room, and nobody whose body could be given up.
            ClientGoneError: it did not come whole.
        """
        if declared == 0:
            return b""
        waiting = self._begin(declared or 0)
        try:
            body = await self._joined(receive, waiting, declared, payer)
        except asyncio.CancelledError:
            self._drop(waiting)
            if not waiting.given_up:
                raise
            waiting.task.uncancel()
            raise BodyTimeoutError from None
        except BaseException:
            self._drop(waiting)
            raise
        self._waiting.pop(waiting)
        self._held += len(body) - waiting.held
        return body

    def release(self, body: bytes) -> None:
        """The request that this was the body of is over."""
        self._held -= len(body)

    def _begin(self, announced: int) -> _Waiting:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - we run in one
        if len(self._waiting) >= self._limits.waiting_bodies:
            self._give_up_oldest()
        waiting = _Waiting(task, time.monotonic() + self._limits.body_s)
        self._hold(waiting, announced)
        self._waiting[waiting] = None
        if not self._looks:
            self._looks = True
            self._look_again()
        return waiting

    async def _joined(self, receive: Receive, waiting: _Waiting, declared: int | None, payer: Payer) -> bytes:
        parts: list[bytes] = []
        size = 0
        while len(parts) < self._limits.body_parts + size // self._limits.part_bytes:
            message = await receive()
            if message["type"] != "http.request":
                raise ClientGoneError
            part: bytes = message.get("body", b"")
            size += len(part)
            if size > self._limits.body_bytes:
                raise BodyTooLargeError
            if size > waiting.held:
                self._hold(waiting, size - waiting.held)
            parts.append(part)
            if size == declared or not message.get("more_body", False):
                return parts[0] if len(parts) == 1 else b"".join(parts)
            if len(parts) > self._limits.free_parts + size // self._limits.part_bytes:
                self._count_small_piece(payer())
        raise BodyTooLargeError

    def _count_small_piece(self, payer: str) -> None:
        if self._small_pieces.of(payer) >= self._limits.small_parts_a_minute:
            raise BodyTooLargeError
        self._small_pieces.add(payer)

    def _look(self) -> None:
        """Give up those whose time is over. All have the same time, so the oldest are the first to be late."""
        now_s = time.monotonic()
        for waiting in list(self._waiting):
            if waiting.until_s > now_s:
                break
            self._drop(waiting)
            waiting.give_up()
        self._looks = bool(self._waiting)
        if self._looks:
            self._look_again()

    def _look_again(self) -> None:
        asyncio.get_running_loop().call_later(min(_LOOK_EVERY_S, self._limits.body_s / 4), self._look)

    def _hold(self, waiting: _Waiting, more: int) -> None:
        """Make room for so many bytes more, at the cost of the oldest others."""
        while self._held + more > self._limits.held_bytes:
            self._give_up_oldest(but=waiting)
        waiting.held += more
        self._held += more

    def _give_up_oldest(self, *, but: _Waiting | None = None) -> None:
        oldest = next((other for other in self._waiting if other is not but), None)
        if oldest is None:
            raise BusyError
        self._drop(oldest)
        oldest.give_up()

    def _drop(self, waiting: _Waiting) -> None:
        """Forget a body that will not be. Idempotent."""
        self._waiting.pop(waiting, None)
        self._held -= waiting.held
        waiting.held = 0
