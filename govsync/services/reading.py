"""Looking at runs."""

from __future__ import annotations

from dataclasses import dataclass

from govsync.domain.batches import Batch
from govsync.domain.grades import SetApart
from govsync.domain.history import HistoryEntry
from govsync.domain.reconciliation import Difference
from govsync.domain.runs import SyncRun
from govsync.repository import runs
from govsync.repository.runs import list_runs

__all__ = ["RunReport", "describe_run", "list_runs"]


@dataclass(frozen=True)
class RunReport:
    """A run with all that hangs on it."""

    run: SyncRun
    batches: list[Batch]
    set_apart: list[SetApart]
    differences: list[Difference]
    history: list[HistoryEntry]


def describe_run(*, run_id: str) -> RunReport:
    """Everything about a run of the school in scope. Strongly consistent.

    Raises:
        RunNotFoundError: this school has no such run.
    """
    run = runs.get_run(run_id)
    return RunReport(
        run=run,
        batches=runs.list_batches(run_id),
        set_apart=runs.list_set_apart(run_id),
        differences=runs.list_differences(run),
        history=runs.list_history(run_id),
    )
