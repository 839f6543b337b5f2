"""A batch: some grades sent together under an id made from its content."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from govsync.domain.grades import SubmittedGrade
from govsync.domain.states import BATCH_TRANSITIONS, BatchState, TransitionError

if TYPE_CHECKING:
    from collections.abc import Iterable

# Applying a decision is one transaction of at most 100 actions: the run, the batch, a history entry, one a grade.
MAX_BATCH_GRADES = 90
RETRY_WAITS_S = (5, 15, 45)
EXCHANGE_LIMIT = timedelta(seconds=20)  # an exchange has ended by then, whatever the other side does
# A request that we have given up may still be on its way, or in somebody's queue: till then its absence proves nothing.
SETTLES_AFTER = timedelta(seconds=30)
CONTRADICTED = "contradicted"


@dataclass(frozen=True)
class Batch:
    """Grades sent together.

    ``attempt`` counts the exchanges without a decision since it was prepared or taken up again. ``retry_at``: not
    before this instant. ``claimed_until``: until then the worker that set ``sending`` may still be sending it.
    ``settles_at``: before it, "never received" may only mean "not yet". ``receipt``: what the government gave to ask
    about it with. ``seen_at``: when it first said that it has the batch; that it never had it is then a contradiction,
    after which only a person takes the batch up again. ``progress_told``: how often it said that it has not decided
    yet. ``reason``: why it is parked. ``proposed_by``: who proposed that it is not sent, and why.
    """

    number: int
    batch_id: str
    state: BatchState
    grades: tuple[SubmittedGrade, ...]
    attempt: int = 0
    retry_at: datetime | None = None
    claimed_until: datetime | None = None
    settles_at: datetime | None = None
    seen_at: datetime | None = None
    accepted: int = 0
    rejected: int = 0
    progress_told: int = 0
    receipt: str = ""
    reason: str = ""
    proposed_by: str = ""
    proposed_because: str = ""

    @property
    def closed(self) -> bool:
        """Whether nothing more is done with it: each of its grades is decided on, or in another batch."""
        return not BATCH_TRANSITIONS[self.state]

    @property
    def is_persons(self) -> bool:
        """Whether only a person may take it up again."""
        return self.state is BatchState.PARKED and self.reason == CONTRADICTED

    def moved(self, to: BatchState, **changes: Any) -> Batch:  # noqa: ANN401 - any of the fields
        """The batch in its next state. Instants to wait for and the reason are of one state only.

        Raises:
            TransitionError: the table has no such step.
        """
        if to not in BATCH_TRANSITIONS[self.state]:
            raise TransitionError(f"batch: {self.state} -> {to}")
        of_this_state: dict[str, Any] = {"retry_at": None, "claimed_until": None, "reason": ""}
        return replace(self, **{**of_this_state, "state": to, **changes})

    def sending(self, now: datetime) -> Batch:
        """The batch as it has to stand in the table before it leaves."""
        claimed_until, settles_at = now + EXCHANGE_LIMIT, now + SETTLES_AFTER
        return self.moved(BatchState.SENDING, claimed_until=claimed_until, settles_at=settles_at)

    def resumed(self, *, forget: bool = False) -> Batch:
        """A parked batch taken up again: the government is asked about it first, and all its tries are there again.

        It is asked by the batch's own id: the receipt may be why nothing that is agreed on came. ``forget`` that it
        once said to have it: then its "never received" counts.
        """
        seen_at = None if forget else self.seen_at
        afresh = {"attempt": 0, "receipt": "", "proposed_by": "", "proposed_because": ""}
        return self.moved(BatchState.UNKNOWN, seen_at=seen_at, **afresh)


def prepare_batch(number: int, grades: Iterable[SubmittedGrade], *, school_id: str, term_id: str, run_id: str) -> Batch:
    """A new batch of these grades, in canonical order, under the id its content gives it.

    Raises:
        ValueError: no grades, or more than one transaction acknowledges.
    """
    ordered = tuple(sorted(grades, key=lambda grade: grade.key))
    if not 0 < len(ordered) <= MAX_BATCH_GRADES:
        raise ValueError(f"a batch holds 1 to {MAX_BATCH_GRADES} grades")
    body = canonical_body(number, ordered, school_id=school_id, term_id=term_id, run_id=run_id)
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


def canonical_body(
    number: int, grades: Iterable[SubmittedGrade], *, school_id: str, term_id: str, run_id: str
) -> bytes:
    """The exact bytes the government receives: JSON with sorted keys and no spaces.

    The batch's number is in it: the same grades sent again, because the government lost them, are another batch.
    """
    content = {
        "school_id": school_id,
        "term_id": term_id,
        "run_id": run_id,
        "batch": number,
        "grades": [asdict(grade) for grade in grades],
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def batch_id_of(body: bytes) -> str:
    """SHA-256 of the bytes sent: whoever holds them can check the id."""
    return hashlib.sha256(body).hexdigest()


def retry_wait_s(attempt: int) -> float | None:
    """Seconds to wait after the ``attempt``-th exchange without a decision (from 1); ``None``: no try is left."""
    return float(RETRY_WAITS_S[attempt - 1]) if attempt <= len(RETRY_WAITS_S) else None
