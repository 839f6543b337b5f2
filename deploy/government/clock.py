"""The government's clock."""

from __future__ import annotations

import time


class Clock:
    """The time since 1970, as it was at the start and as has gone by since: nobody's setting makes it jump."""

    def __init__(self) -> None:
        self._anchor_ns = time.time_ns() - time.monotonic_ns()

    def now_ns(self) -> int:
        """Nanoseconds. What its records are timed with."""
        return self._anchor_ns + time.monotonic_ns()
