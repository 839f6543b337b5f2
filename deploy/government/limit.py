"""The government's limit: two requests in any second, or in another window."""

from __future__ import annotations

import threading
from collections import deque

REQUESTS, WINDOW_S = 2, 1.0
_NS = 1_000_000_000


class RollingLimit:
    """Lets at most two requests through in any window; those it turns away do not count. Thread-safe."""

    def __init__(self, window_s: float = WINDOW_S) -> None:
        self._window_ns = int(window_s * _NS)
        self._lock = threading.Lock()
        self._let_through: deque[int] = deque(maxlen=REQUESTS)

    def lets_through(self, at_ns: int) -> bool:
        """Whether a request that arrives at ``at_ns`` may pass."""
        with self._lock:
            if len(self._let_through) == REQUESTS and at_ns - self._let_through[0] < self._window_ns:
                return False
            self._let_through.append(at_ns)
            return True

    def clear(self) -> None:
        """As if no request had come yet."""
        with self._lock:
            self._let_through.clear()
