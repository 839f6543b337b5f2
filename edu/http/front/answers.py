"""Answers on their way to their readers: a slow one costs a connection and a bounded share of memory, and no thread.

A small answer is handed to the server whole. A large one goes in pieces, as they are taken, so that its request stays
open, and counts as its sender's, until little of it is left; its reader has a limited time. Who takes nothing at all of
an answer, large or small, is cut off by the kernel (``edu.http.front.listeners``).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from edu.http.errors import BusyError
from edu.logs import get_logger

if TYPE_CHECKING:
    from edu.http.front.limits import Limits
    from edu.http.front.refusals import Send

_log = get_logger(__name__)


class Answer(NamedTuple):
    """What an application answered."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Answers:
    """Sends the answers of one process."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._held = 0

    async def send(self, answer: Answer, send: Send) -> None:
        """Send it. A large one that is not taken in time ends half-way, and its connection with it.

        Raises:
            BusyError: large answers hold as much memory as they may; nothing of this one was sent.
        """
        start = {"type": "http.response.start", "status": answer.status, "headers": answer.headers}
        if len(answer.body) <= self._limits.piece_bytes:
            await send(start)
            await send({"type": "http.response.body", "body": answer.body})
            return
        if self._held + len(answer.body) > self._limits.held_bytes:
            raise BusyError
        self._held += len(answer.body)
        try:
            await send(start)
            await self._send_pieces(answer.body, send)
        finally:
            self._held -= len(answer.body)

    async def _send_pieces(self, body: bytes, send: Send) -> None:
        size = self._limits.piece_bytes
        try:
            async with asyncio.timeout(self._limits.answer_s):
                for at in range(0, len(body), size):
                    more = at + size < len(body)
                    await send({"type": "http.response.body", "body": body[at : at + size], "more_body": more})
        except TimeoutError:
            _log.info("answer not taken")
