"""``manage.py consolidation_status``: how far the nightly consolidation has come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand

from edu.schools import list_schools
from edu.tenancy import enter_school
from evaluations.services import nightly

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Shows ids of sections, counts and times; nothing of any student."""

    help = "Show the latest consolidation runs of one school or of all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the command line."""
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--school", help="the school's id")
        which.add_argument("--all", action="store_true", help="every registered school")
        parser.add_argument("--last", type=int, default=1, help="how many runs of each school (1)")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - argparse's values
        """Print one line for each run, the latest first."""
        for school_id in [options["school"]] if options["school"] else [s.school_id for s in list_schools()]:
            with enter_school(school_id):
                runs = nightly.list_runs(limit=options["last"])
            for run in runs:
                self.stdout.write(nightly.describe(school_id, run))
            if not runs:
                self.stdout.write(f"{school_id} has no run yet")
