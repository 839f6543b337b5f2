"""The one clock. Everything that needs the time asks here, so a test can stop it."""

from __future__ import annotations

import time
from datetime import UTC, datetime

_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # Linux has the former; elsewhere the latter does it


def now() -> datetime:
    """The current instant, aware, in UTC."""
    return datetime.now(UTC)


def epoch_s() -> int:
    """The current instant in whole seconds since 1970, as DynamoDB's TTL wants it."""
    return int(now().timestamp())


def elapsed_s() -> float:
    """Seconds on a clock that nobody sets and that goes on while the machine sleeps; for differences in one process."""
    return time.clock_gettime(_STEADY)
