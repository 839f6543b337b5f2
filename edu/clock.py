"""The one clock. Everything that needs the time asks here, so a test can stop it."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The current instant, aware, in UTC."""
    return datetime.now(UTC)


def epoch_s() -> int:
    """The current instant in whole seconds since 1970, as DynamoDB's TTL wants it."""
    return int(now().timestamp())
