"""``manage.py consolidation_status``: how far the nightly consolidation has come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edu.commands import OperatorCommand, WrongUseError, chosen_schools
from edu.tenancy import enter_school
from edu.values import whole_number
from evaluations.services.reports import nightly

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(OperatorCommand):
    """Shows ids of sections, counts and times; nothing of any student."""

    help = "Show the latest consolidation runs of one school or of all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the command line."""
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--school", help="the school's id")
        which.add_argument("--all", action="store_true", help="every registered school")
        parser.add_argument("--last", type=whole_number, default=1, help="how many runs of each school (1)")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - argparse's values
        """Print one line for each run, the latest first.

        Raises:
            NoSuchSchoolError: the school that was named is not registered.
            WrongUseError: no run is asked for.
        """
        if options["last"] < 1:
            raise WrongUseError("--last must be at least 1")
        for school_id in chosen_schools(options):
            with enter_school(school_id):
                runs = nightly.list_runs(limit=options["last"])
            for run in runs:
                self.stdout.write(nightly.describe(school_id, run))
            if not runs:
                self.stdout.write(f"{school_id} has no run yet")
