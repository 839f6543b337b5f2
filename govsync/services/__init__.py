"""The use cases of the sync: what tasks, commands and the console call."""

from govsync.services.advancing import advance_run
from govsync.services.board import BoardLine, list_board
from govsync.services.driving import Driver
from govsync.services.exporting import export_grade, export_run
from govsync.services.line import describe_line
from govsync.services.overseeing import order_follow_ups, start_ended_terms, watch_deadlines
from govsync.services.reading import (
    PendingCount,
    RunReport,
    count_pending,
    describe_run,
    list_pending_counts,
    list_runs,
)
from govsync.services.reviewing import (
    approve_skip,
    propose_skip,
    resume_run,
    retry_differences,
    send_batch_again,
)
from govsync.services.starting import find_sent, next_ordinal, start_sync

__all__ = [
    "BoardLine",
    "Driver",
    "PendingCount",
    "RunReport",
    "advance_run",
    "approve_skip",
    "count_pending",
    "describe_line",
    "describe_run",
    "export_grade",
    "export_run",
    "find_sent",
    "list_board",
    "list_pending_counts",
    "list_runs",
    "next_ordinal",
    "order_follow_ups",
    "propose_skip",
    "resume_run",
    "retry_differences",
    "send_batch_again",
    "start_ended_terms",
    "start_sync",
    "watch_deadlines",
]
