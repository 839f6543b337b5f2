"""The use cases of the sync: what tasks, commands and the console call."""

from govsync.services.advancing import advance_run, sweep_due_runs
from govsync.services.reading import (
    PendingCount,
    RunReport,
    count_pending,
    describe_run,
    list_pending_counts,
    list_runs,
)
from govsync.services.starting import find_sent, next_ordinal, start_sync

__all__ = [
    "PendingCount",
    "RunReport",
    "advance_run",
    "count_pending",
    "describe_run",
    "find_sent",
    "list_pending_counts",
    "list_runs",
    "next_ordinal",
    "start_sync",
    "sweep_due_runs",
]
