"""Counting by name in each minute of the clock, in this process: what a limit "a minute" is held against."""

from __future__ import annotations

from collections import Counter

from edu import clock

MINUTE_S = 60


class MinuteCounts:
    """Sums that begin anew with each minute. Of one event loop, so nothing is locked."""

    def __init__(self) -> None:
        self._minute = 0
        self._counts: Counter[str] = Counter()

    def of(self, name: str) -> int:
        """What was added under the name in this minute."""
        minute = clock.epoch_s() // MINUTE_S
        if minute != self._minute:
            self._minute = minute
            self._counts.clear()
        return self._counts[name]

    def add(self, name: str, amount: int = 1) -> None:
        """Add to the minute that was looked at last."""
        self._counts[name] += amount

    def __len__(self) -> int:
        """How many names the minute that was looked at last has."""
        return len(self._counts)


def rest_of_minute_s() -> int:
    """How many seconds the minute still has."""
    return MINUTE_S - clock.epoch_s() % MINUTE_S
