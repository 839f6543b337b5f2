"""The audit trail read forwards, as the log of what changed in a school: complete up to forty minutes ago.

An entry's instant is taken before its write is committed, so an earlier entry may appear behind a later one. How much
later is bounded, whatever clocks and processes do (ADR 0034), and so is how long a reader has to wait:

- one minute from the instant to the signature: past it nothing is sent (``audit.SENT_WITHIN``);
- fifteen from the signature to DynamoDB, which refuses an older one (AWS promises five, and DynamoDB's own errors say
  fifteen). So much may the writer's clock be slow, or its process be stopped in between;
- fifteen that the reader's own clock may be fast: its queries are signed, too;
- the rest for DynamoDB to finish a write that it has taken.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

from edu import clock
from edu.audit import AuditEntry
from edu.dynamo import table
from edu.dynamo.keys import SEPARATOR, joined, school_partition
from edu.dynamo.mapping import from_attributes, instant_text

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTLED_AFTER: Final = timedelta(minutes=40)
_BEHIND = "~"  # a key and this come after that key, and before the next one
_MONTH_CHARS, _DECEMBER = len("2026-01"), 12


def settled_until() -> datetime:
    """The instant before which every entry that ever will be there is there, for queries sent from now on."""
    return clock.now() - SETTLED_AFTER


def read_entries(after: str, until: datetime, *, limit: int) -> list[AuditEntry]:
    """The first ``limit`` entries of the school in scope behind a place and before an instant, in the log's order.

    ``after`` is the place of an entry, or of an instant, whose own entries are then among them. Strongly consistent: a
    query for each month in between, and one more for each megabyte.
    """
    end, low = instant_text(until), after + _BEHIND if SEPARATOR in after else after
    found: list[AuditEntry] = []
    for month in _months(after[:_MONTH_CHARS], end[:_MONTH_CHARS]):
        start = max(low, month)
        if start >= end or len(found) == limit:
            break
        left = limit - len(found)
        query = table.Query(school_partition("AUDIT", month), between=(start, end), consistent=True, limit=left)
        found += [from_attributes(AuditEntry, item) for item in islice(table.query_all(query), left)]
    return found


def place_of(what: AuditEntry | datetime) -> str:
    """An entry's place in the log, or that of an instant: before all entries of it."""
    return instant_text(what) if isinstance(what, datetime) else joined(instant_text(what.at), what.entry_id)


def instant_of(place: str) -> datetime:
    """The instant of a place in the log."""
    return datetime.fromisoformat(place.partition(SEPARATOR)[0])


def _months(first: str, last: str) -> Iterator[str]:
    """The months from one to another, both included (``YYYY-MM``)."""
    year, month = map(int, first.split("-"))
    while (name := f"{year:04d}-{month:02d}") <= last:
        yield name
        year, month = (year, month + 1) if month < _DECEMBER else (year + 1, 1)
