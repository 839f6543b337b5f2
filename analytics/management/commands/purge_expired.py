"""``manage.py purge_expired``: what the lake has kept for three years is removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analytics.services import purging
from edu.commands import OperatorCommand, chosen_schools
from edu.logs import start_correlation
from edu.tenancy import enter_school

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(OperatorCommand):
    """Shows schools, months, counts and bytes."""

    help = "Remove the lake's months that are older than 36 months, for good; what a legal hold covers stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the command line."""
        parser.add_argument("--school", help="the school's id; all of them without")
        parser.add_argument("--dry-run", action="store_true", help="remove nothing; show what would be")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - argparse's values
        """Print a line for each month that had anything, and the sum.

        Raises:
            NoSuchSchoolError: what was named is not there.
            StoreUnavailableError: S3 does not answer; what was printed is done.
        """
        start_correlation()
        versions = size = 0
        for school_id in chosen_schools(options):
            with enter_school(school_id):
                for found in purging.purge_expired(dry_run=options["dry_run"]):
                    what = f"held_by={found.held_by}" if found.held_by else "removed"
                    what = "expired" if options["dry_run"] and not found.held_by else what
                    counts = f"versions={found.versions} bytes={found.size}"
                    self.stdout.write(f"{school_id} {found.dataset} {found.month} {counts} {what}")
                    if not found.held_by:
                        versions, size = versions + found.versions, size + found.size
        self.stdout.write(f"all versions={versions} bytes={size}")
