"""How long the lake keeps a month, by the calendar: a merged file is a new object, so no object's age tells."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from analytics.domain.datasets import FIRST_YEAR, Month

KEPT_MONTHS: Final = 36
"""So many whole months after its own end a month is kept; then it is purged."""

OLDEST_DAYS: Final = 31 + 3 * 365 + 1 + 1
"""An object is so many days old at most when its month is to be purged: written on the month's first day, three years
with a leap day, and a night. What removes objects by their age must leave them at least so long."""

_MONTHS = 12


def expired_months(now: datetime) -> Iterator[Month]:
    """The months that are kept no longer at an instant (UTC), the oldest first."""
    last = now.year * _MONTHS + now.month - 1 - KEPT_MONTHS - 1
    for number in range(FIRST_YEAR * _MONTHS, last + 1):
        yield Month(number // _MONTHS, number % _MONTHS + 1)


def kept_months(now: datetime) -> tuple[Month, ...]:
    """The months that are kept at an instant (UTC), to its own, the oldest first."""
    expired = frozenset(expired_months(now))
    return tuple(month for month in Month.between(Month.first(), Month(now.year, now.month)) if month not in expired)
