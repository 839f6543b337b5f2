"""Counting by name in each minute of the clock, in this process: what a limit "a minute" is held against."""

from __future__ import annotations

from collections import Counter

from edu import clock

MINUTE_S = 60


class MinuteCounts:
    """Sums that begin anew with each minute. Of one event loop, or under its owner's lock."""

    def __init__(self) -> None:
        self._minute = 0
        self._counts: Counter[str] = Counter()

    def of(self, name: str) -> int:
        """What was added under the name in this minute."""
        if name not in self._counts:  # most are not, and the clock need not be looked at
            return 0
        self._turn()
        return self._counts.get(name, 0)

    def add(self, name: str, amount: int = 1) -> None:
        """Add to this minute."""
        self._turn()
        self._counts[name] += amount

    def clear(self) -> None:
        """Forget this minute as well."""
        self._counts.clear()

    def __len__(self) -> int:
        """How many names are kept: those of the minute that was looked at last."""
        return len(self._counts)

    def _turn(self) -> None:
        minute = clock.epoch_s() // MINUTE_S
        if minute != self._minute:
            self._minute = minute
            self._counts.clear()


def rest_of_minute_s() -> int:
    """How many seconds the minute still has."""
    return MINUTE_S - clock.epoch_s() % MINUTE_S
