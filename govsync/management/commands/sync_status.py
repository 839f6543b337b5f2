"""``manage.py sync_status``: where the runs of a school stand, or one run with its history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edu.commands import OperatorCommand, WrongUseError, chosen_schools
from edu.tenancy import enter_school
from govsync import services

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from govsync.domain.history import HistoryEntry
    from govsync.domain.runs import SyncRun
    from govsync.services import PendingCount


class Command(OperatorCommand):
    """Shows ids, counts and times; never a grade's value."""

    help = "Show the government sync's runs of one school or of all, or one run step by step."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the command line."""
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--school", help="the school's id")
        which.add_argument("--all", action="store_true", help="every registered school")
        parser.add_argument("--run", help="with --school: one run, with its differences and its history")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - argparse's values
        """Print one line for each run, latest first, and one for each term; for one run, also what it found and did.

        A term's line says how many grades the government has not acknowledged: those changed after a run ended, too.
        """
        if options["run"] and not options["school"]:
            raise WrongUseError("--run contradicts --all: a run is one school's, name it with --school")
        schools = chosen_schools(options)
        if options["run"]:
            self._show_run(options["school"], options["run"])
            return
        for school_id in schools:
            with enter_school(school_id):
                for run in services.list_runs().items:
                    self.stdout.write(_run_line(school_id, run))
                for pending in services.list_pending_counts():
                    self.stdout.write(_pending_line(school_id, pending))

    def _show_run(self, school_id: str, run_id: str) -> None:
        with enter_school(school_id):
            report = services.describe_run(run_id=run_id)
            pending = services.count_pending(term_id=report.run.term_id)
        self.stdout.write(_run_line(school_id, report.run))
        self.stdout.write(_pending_line(school_id, pending))
        self.stdout.write(f"manifest sha256 {report.run.manifest_sha256 or '-'}")
        for found in report.differences:
            versions = f"ours {found.our_version or '-'}, theirs {found.their_version or '-'}"
            self.stdout.write(
                f"differs: {found.evaluation_id} {found.student_id} {found.kind} {found.reason} ({versions})"
            )
        for entry in report.history:
            self.stdout.write(_history_line(entry))


def _run_line(school_id: str, run: SyncRun) -> str:
    counts = f"batches={run.batches} accepted={run.accepted} rejected={run.rejected} differences={run.differences}"
    return f"{school_id} {run.run_id} {run.state} {counts} deadline={run.deadline_at:%Y-%m-%dT%H:%MZ}"


def _pending_line(school_id: str, pending: PendingCount) -> str:
    return f"{school_id} {pending.term_id} pending={pending}"


def _history_line(entry: HistoryEntry) -> str:
    batch = f" batch={entry.batch_number}" if entry.batch_number else ""
    answer = f" status={entry.response_status or '-'} {entry.duration_ms}ms" if entry.duration_ms is not None else ""
    detail = f" {entry.detail}" if entry.detail else ""
    return f"{entry.at:%Y-%m-%dT%H:%M:%S.%fZ} {entry.event}{batch}{answer}{detail} by {entry.actor}"
