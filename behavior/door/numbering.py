"""The numbers of a process's messages, and its reports of them: the door's side of the ledger (ADR 0027)."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec

from behavior.domain.events import arrival_at
from behavior.domain.ledger import MOST_FAILED, DoorReport, MessageNumber, as_ranges, report_message
from edu import clock

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_FAILED_OF_REPORT = 1000  # a worker takes a report of some thousands


class Numbering:
    """Counts one process's messages. Of one event loop, so nothing is locked."""

    def __init__(self) -> None:
        self.door = uuid4().hex[:16]
        self._last = self._reports = 0
        self._on_their_way: dict[int, None] = {}  # in their order
        self._lately_failed: deque[int] = deque(maxlen=MOST_FAILED)
        self._accepted: list[int] = []
        self._failed: list[int] = []
        self._events: Counter[str] = Counter()
        self._untold: list[DoorReport] = []

    def begin(self) -> MessageNumber:
        """The next message's number."""
        settled = next(iter(self._on_their_way), self._last + 1) - 1
        self._last += 1
        self._on_their_way[self._last] = None
        return MessageNumber(self.door, self._last, settled, tuple(self._lately_failed))

    def accept(self, number: MessageNumber, events: Iterable[tuple[str, int]]) -> None:
        """The queue holds it, with so many events of each school."""
        del self._on_their_way[number.sequence]
        self._accepted.append(number.sequence)
        for school_id, count in events:
            self._events[school_id] += count

    def fail(self, number: MessageNumber) -> None:
        """Its callers were told that nothing is known of it."""
        del self._on_their_way[number.sequence]
        self._failed.append(number.sequence)
        self._lately_failed.append(number.sequence)
        if len(self._failed) >= MOST_FAILED_OF_REPORT:
            self.close_report()

    def close_report(self) -> None:
        """Let what has ended since the report before be the next one; what ends from here on is for the one after."""
        if self._accepted or self._failed:
            self._reports += 1
            report = DoorReport(
                door=self.door,
                number=self._reports,
                made_at=arrival_at(clock.now()),
                accepted=as_ranges(self._accepted),
                failed=tuple(self._failed),
                events=dict(self._events),
            )
            self._untold.append(report)
            self._accepted, self._failed, self._events = [], [], Counter()

    def next_report(self) -> bytes | None:
        """The keywords of the next report that the queue has to hold; ``None`` when there is nothing to tell.

        The same again until ``told``: one that may have been taken is not said in other words under its number.
        """
        return msgspec.json.encode({"report": report_message(self._untold[0])}) if self._untold else None

    def told(self) -> None:
        """The queue holds the report."""
        del self._untold[0]
