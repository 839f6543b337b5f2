"""A batch: some grades sent together under an id made from its content."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from govsync.domain.grades import SubmittedGrade
from govsync.domain.states import BATCH_TRANSITIONS, BatchState, TransitionError

if TYPE_CHECKING:
    from collections.abc import Iterable

# Applying a decision is one transaction of at most 100 actions: the run, the batch, a history entry, one a grade.
MAX_BATCH_GRADES = 90
RETRY_WAITS_S = (5, 15, 45)


@dataclass(frozen=True)
class Batch:
    """Grades sent together.

    ``attempt`` counts the exchanges that brought no decision. ``retry_at``: not before this instant (``waiting``,
    ``unknown``). ``claimed_until``: until then the worker that set ``sending`` may still be sending it.
    """

    number: int
    batch_id: str
    state: BatchState
    grades: tuple[SubmittedGrade, ...]
    attempt: int = 0
    retry_at: datetime | None = None
    claimed_until: datetime | None = None
    accepted: int = 0
    rejected: int = 0

    @property
    def closed(self) -> bool:
        """Whether nothing more is done with it: each of its grades is decided on, or in another batch."""
        return not BATCH_TRANSITIONS[self.state]

    def moved(
        self,
        to: BatchState,
        *,
        retry_at: datetime | None = None,
        claimed_until: datetime | None = None,
        counts: tuple[int, int] = (0, 0),
    ) -> Batch:
        """The batch in its next state; ``counts``: how many of its grades were accepted and rejected.

        Raises:
            TransitionError: the table has no such step.
        """
        if to not in BATCH_TRANSITIONS[self.state]:
            raise TransitionError(f"batch: {self.state} -> {to}")
        undecided = to in {BatchState.WAITING, BatchState.UNKNOWN}
        return replace(
            self,
            state=to,
            attempt=self.attempt + 1 if undecided else self.attempt,
            retry_at=retry_at,
            claimed_until=claimed_until,
            accepted=counts[0],
            rejected=counts[1],
        )


def prepare_batch(number: int, grades: Iterable[SubmittedGrade], *, school_id: str, term_id: str, run_id: str) -> Batch:
    """A new batch of these grades, in canonical order, under the id its content gives it.

    Raises:
        ValueError: no grades, or more than one transaction acknowledges.
    """
    ordered = tuple(sorted(grades, key=lambda grade: grade.key))
    if not 0 < len(ordered) <= MAX_BATCH_GRADES:
        raise ValueError(f"a batch holds 1 to {MAX_BATCH_GRADES} grades")
    body = canonical_body(ordered, school_id=school_id, term_id=term_id, run_id=run_id)
    return Batch(number, batch_id_of(body), BatchState.PREPARED, ordered)


def split_batch(batch: Batch, number: int, *, school_id: str, term_id: str, run_id: str) -> tuple[Batch, Batch]:
    """The batch's grades in two new ones of half its size, numbered from ``number``. The same halves each time.

    Raises:
        ValueError: it has one grade only.
    """
    middle = len(batch.grades) // 2
    place = {"school_id": school_id, "term_id": term_id, "run_id": run_id}
    return (
        prepare_batch(number, batch.grades[:middle], **place),
        prepare_batch(number + 1, batch.grades[middle:], **place),
    )


def canonical_body(grades: Iterable[SubmittedGrade], *, school_id: str, term_id: str, run_id: str) -> bytes:
    """The exact bytes the government receives: JSON with sorted keys and no spaces."""
    content = {
        "school_id": school_id,
        "term_id": term_id,
        "run_id": run_id,
        "grades": [asdict(grade) for grade in grades],
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def batch_id_of(body: bytes) -> str:
    """SHA-256 of the bytes sent: whoever holds them can check the id."""
    return hashlib.sha256(body).hexdigest()


def retry_wait_s(attempt: int, asked_s: float = 0.0) -> float:
    """Seconds to wait after the ``attempt``-th exchange without a decision (from 1): 5, 15, then 45, or what was asked.

    The source's three waits cover one minute of 48 hours; the last one therefore repeats (see ADR 0006).
    """
    return max(float(RETRY_WAITS_S[min(max(attempt, 1), len(RETRY_WAITS_S)) - 1]), asked_s)
