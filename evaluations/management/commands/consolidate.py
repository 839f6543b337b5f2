"""``manage.py consolidate``: bring the consolidated grades of a school or of all up to date, here and now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand

from edu import clock
from edu.logs import start_correlation
from edu.schools import list_schools
from edu.tenancy import enter_school
from evaluations.services import nightly

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Does in this process what the workers do at night; both at once do no harm. Shows counts only."""

    help = "Consolidate the grades of one school or of all: what has changed, or with --full everything."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the command line."""
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--school", help="the school's id")
        which.add_argument("--all", action="store_true", help="every registered school")
        parser.add_argument("--full", action="store_true", help="every section, changed or not")
        parser.add_argument("--run", default="", help="continue this run instead of starting one")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - argparse's values
        """Run the steps to their end, with a line for each."""
        start_correlation()
        run_id = options["run"] or f"{clock.now():%Y-%m-%dT%H%M%SZ}"
        for school_id in [options["school"]] if options["school"] else [s.school_id for s in list_schools()]:
            with enter_school(school_id):
                self._run(school_id, run_id, full=options["full"])

    def _run(self, school_id: str, run_id: str, *, full: bool) -> None:
        more = True
        while more:
            step = nightly.consolidate_next(run_id=run_id, full=full)
            more = step.more
            self.stdout.write(nightly.describe(school_id, step.progress))
