"""Looking at runs."""

from __future__ import annotations

from dataclasses import dataclass

from evaluations.services import get_school, list_pending_marks
from govsync.domain.batches import Batch
from govsync.domain.grades import RejectedGrade
from govsync.domain.history import HistoryEntry
from govsync.domain.reconciliation import Difference
from govsync.domain.runs import SyncRun
from govsync.repository import runs
from govsync.repository.runs import list_runs

__all__ = ["PendingCount", "RunReport", "count_pending", "describe_run", "list_pending_counts", "list_runs"]

MAX_PENDING_COUNTED = 1000


@dataclass(frozen=True)
class RunReport:
    """A run with everything that belongs to it."""

    run: SyncRun
    batches: list[Batch]
    parked: list[Batch]
    rejected: list[RejectedGrade]
    differences: list[Difference]
    history: list[HistoryEntry]


@dataclass(frozen=True)
class PendingCount:
    """How many grades of a term the government has not acknowledged; ``more`` than are counted, as ``1000+``."""

    term_id: str
    counted: int
    more: bool

    def __str__(self) -> str:
        """The count, with a plus when it stopped there."""
        return f"{self.counted}+" if self.more else str(self.counted)


def count_pending(*, term_id: str) -> PendingCount:
    """The grades of a term that the school in scope still owes the government. One query, strongly consistent."""
    found = len(list_pending_marks(term_id=term_id, limit=MAX_PENDING_COUNTED + 1))
    return PendingCount(term_id, min(found, MAX_PENDING_COUNTED), found > MAX_PENDING_COUNTED)


def list_pending_counts() -> list[PendingCount]:
    """One count for each term of the school in scope, and for each that its latest runs were about.

    Raises:
        NotFoundError: there is no such school.
    """
    terms = [term.term_id for term in get_school().terms] + [run.term_id for run in list_runs().items]
    return [count_pending(term_id=term_id) for term_id in dict.fromkeys(terms)]


def describe_run(*, run_id: str) -> RunReport:
    """Everything about a run of the school in scope. Strongly consistent.

    Raises:
        RunNotFoundError: this school has no such run.
    """
    run = runs.get_run(run_id)
    return RunReport(
        run=run,
        batches=runs.list_batches(run_id),
        parked=runs.get_batches(run_id, run.parked_batches),
        rejected=runs.list_rejected(run_id),
        differences=runs.list_differences(run_id, run.comparison) if run.comparison else [],
        history=runs.list_history(run_id),
    )
