"""A queue that does as told, in the place of SQS's client."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from typing import TYPE_CHECKING, Any

from behavior.domain.ledger import NUMBER_FIELDS
from edu.aws.sending import QueueCallError, QueueSender

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST_S = 10.0


class ToldQueue(QueueSender):
    """Takes messages at once, or holds each send until ``let_go``; fails while there is an ``error``."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.begun = self.probes = 0
        self.messages: list[list[dict[str, Any]]] = []
        self.reports: list[dict[str, Any]] = []
        self._may_end = asyncio.Event()
        self._may_end.set()

    def hold(self) -> None:
        """Let no send end from here on."""
        self._may_end.clear()

    def has_begun(self, sends: int) -> bool:
        """Whether so many sends have begun, and no more."""
        return self.begun == sends

    def let_go(self) -> None:
        """Let all end, and those to come."""
        self._may_end.set()

    async def send(self, text: str) -> None:
        """Take a message."""
        if report := report_of(text):
            self.reports.append(report)
            return
        self.begun += 1
        async with asyncio.timeout(_LONGEST_S):
            await self._may_end.wait()
        if self.error:
            raise self.error
        self.messages.append(parts_of(text))

    async def probe(self) -> None:
        """Answer, or not."""
        self.probes += 1
        if self.error:
            raise QueueCallError("still out")

    def close(self) -> None:
        """There are no connections."""

    @property
    def sizes(self) -> list[int]:
        """How many requests each message holds."""
        return [len(parts) for parts in self.messages]


def parts_of(text: str) -> list[dict[str, Any]]:
    """The requests in a message's text."""
    keywords = _keywords_of(text)
    assert set(keywords) == {"parts", *NUMBER_FIELDS}
    found: list[dict[str, Any]] = keywords["parts"]
    return found


def report_of(text: str) -> dict[str, Any] | None:
    """The report that the text is, if it is one."""
    found: dict[str, Any] | None = _keywords_of(text).get("report")
    return found


def _keywords_of(text: str) -> dict[str, Any]:
    positional, keywords, _follow_ups = json.loads(base64.b64decode(json.loads(text)["body"]))
    assert positional == []
    found: dict[str, Any] = keywords
    return found


async def until(condition: Callable[[], object], within_s: float = 5.0) -> None:
    """Let the loop run until something holds."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.002)
