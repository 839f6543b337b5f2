"""The use cases of the sync: what tasks, commands and the console call."""

from govsync.services.advancing import WATCHDOG_S, advance_run, sweep_due_runs
from govsync.services.reading import RunReport, describe_run, list_runs
from govsync.services.starting import next_ordinal, start_sync
from govsync.services.steps import Advance, Outcome

__all__ = [
    "WATCHDOG_S",
    "Advance",
    "Outcome",
    "RunReport",
    "advance_run",
    "describe_run",
    "list_runs",
    "next_ordinal",
    "start_sync",
    "sweep_due_runs",
]
