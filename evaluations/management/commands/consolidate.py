"""``manage.py consolidate``: bring the consolidated grades of a school or of all up to date, here and now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edu import clock
from edu.commands import OperatorCommand, WrongUseError, chosen_schools
from edu.logs import start_correlation
from edu.tenancy import enter_school
from evaluations.services.reports import nightly

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(OperatorCommand):
    """Does in this process what the workers do at night; both at once do no harm. Shows counts only."""

    help = "Consolidate the grades of one school or of all: what has changed, or with --full everything."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the command line."""
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--school", help="the school's id")
        which.add_argument("--all", action="store_true", help="every registered school")
        parser.add_argument("--full", action="store_true", help="every section, changed or not")
        parser.add_argument("--run", default="", help="with --school: continue this run, as it began")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - argparse's values
        """Run the steps to their end, with a line for each.

        Raises:
            NoSuchSchoolError, RunNotFoundError: what was named is not there; nothing was written.
            WrongUseError: a run was named together with something it chooses by itself.
        """
        start_correlation()
        if options["run"] and (options["all"] or options["full"]):
            raise WrongUseError("--run goes with --school alone: the run is one school's and goes on as it began")
        run_id = options["run"] or f"{clock.now():%Y-%m-%dT%H%M%SZ}"
        for school_id in chosen_schools(options):
            with enter_school(school_id):
                if options["run"]:
                    nightly.require_run(run_id=run_id)
                self._run(school_id, run_id, full=options["full"])

    def _run(self, school_id: str, run_id: str, *, full: bool) -> None:
        more = True
        while more:
            step = nightly.consolidate_next(run_id=run_id, full=full)
            more = step.more
            self.stdout.write(nightly.describe(school_id, step.job))
