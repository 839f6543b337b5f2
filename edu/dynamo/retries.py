"""Waiting a little and trying again, with full jitter, so that many callers do not come back at once."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
_jitter = random.SystemRandom()


def pause(attempt: int, *, base_s: float = 0.05, cap_s: float = 2.0) -> None:
    """Sleep a random time up to ``base_s`` doubled with each ``attempt`` (counted from 0), at most ``cap_s``."""
    time.sleep(_jitter.uniform(0, min(cap_s, base_s * 2**attempt)))


def retried(call: Callable[[], T], *, on: type[Exception], attempts: int) -> T:
    """``call``'s result, called up to ``attempts`` times while it raises ``on``; the last error goes through."""
    for attempt in range(attempts - 1):
        try:
            return call()
        except on:
            pause(attempt)
    return call()
