"""The government's limit: two requests in any second, or in another window."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

REQUESTS, WINDOW_S = 2, 1.0
_NS = 1_000_000_000


class RollingLimit:
    """Lets at most two requests through in any window (of 0 s: all); those it turns away do not count. Thread-safe."""

    def __init__(self, window_s: float = WINDOW_S) -> None:
        self._window_ns = int(window_s * _NS)
        self._lock = threading.Lock()
        self._let_through: deque[int] = deque(maxlen=REQUESTS)

    def lets_through(self, at_ns: int) -> bool:
        """Whether a request that arrives at ``at_ns`` may pass."""
        with self._lock:
            full = len(self._let_through) == REQUESTS and self._window_ns > 0
            if full and at_ns - self._let_through[0] < self._window_ns:
                return False
            self._let_through.append(at_ns)
            return True

    def clear(self) -> None:
        """As if no request had come yet."""
        with self._lock:
            self._let_through.clear()


def most_in_a_window(instants_ns: Iterable[int], window_s: float = WINDOW_S) -> int:
    """How many instants lie within one window at most, wherever it begins; two a window apart are not in one."""
    within: deque[int] = deque()
    most = 0
    for at_ns in sorted(instants_ns):
        within.append(at_ns)
        while at_ns - within[0] >= window_s * _NS:
            within.popleft()
        most = max(most, len(within))
    return most
