"""The government's limit: two requests in any second."""

from __future__ import annotations

import threading
from collections import deque

REQUESTS, WINDOW_NS = 2, 1_000_000_000


class RollingLimit:
    """Lets at most two requests through in any second; those it turns away do not count. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._let_through: deque[int] = deque(maxlen=REQUESTS)

    def lets_through(self, at_ns: int) -> bool:
        """Whether a request that arrives at ``at_ns`` may pass."""
        with self._lock:
            if len(self._let_through) == REQUESTS and at_ns - self._let_through[0] < WINDOW_NS:
                return False
            self._let_through.append(at_ns)
            return True
