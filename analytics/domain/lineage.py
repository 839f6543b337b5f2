"""Where a row of the lake comes from, and which row counts when there are several about the same.

Rows come twice because every step on the way delivers at least once, and more often because records change.

- An event is one by its student and id. The one that arrived first counts, as in the table (ADR 0021); of rows that
  arrived in the same millisecond the first of the stream.
- A row of the grade book is one version of one evaluation or score. Every version stays; of one version the stream's
  first row counts, but that an evaluation was deleted counts before all else that is said of the same version. The
  highest version is what stands.

A stream's sequence numbers are decimal texts of different lengths: the shorter is the lower. A row that was written
from the table instead (``REFILL``) has none, and goes before those that have: both say the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from analytics.domain.datasets import Dataset

REFILL: Final = "REFILL"
DELETED: Final = "deleted"
Row = Mapping[str, Any]
Identity = tuple[Any, ...]

IDENTITY: Final[Mapping[Dataset, tuple[str, ...]]] = {
    Dataset.EVENTS: ("student_pseudonym", "event_id"),
    Dataset.GRADES: ("entity", "evaluation_id", "student_pseudonym", "version"),
}
"""The columns that make a row one thing inside its school: together they are the key of its source in the table."""


def identity_of(dataset: Dataset, row: Row) -> Identity:
    """What the row is about. Rows from before there were ``entity`` are scores."""
    return tuple("score" if name == "entity" and not row.get(name) else row[name] for name in IDENTITY[dataset])


def rank_of(dataset: Dataset, row: Row) -> tuple[int, int, str, str]:
    """Rows of one identity in the order in which they count: the lowest is the one that does."""
    sequence = row.get("sequence") or ""
    first = _arrived_at_ms(row) if dataset is Dataset.EVENTS else int(row["state"] != DELETED)
    return (first, len(sequence), sequence, row.get("change_id") or "")


def _arrived_at_ms(row: Row) -> int:
    """A row of schema 1 knows whole seconds only."""
    exact = row.get("arrived_at_ms")
    return int(exact) if exact is not None else int(row["arrived_at_epoch_s"]) * 1000
