"""``manage.py start_sync``: order the sync of a term; workers take it up at their next sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from edu.errors import InvalidInputError
from edu.schools import list_schools
from edu.tenancy import enter_school
from govsync import services

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    """Starts the term's first run, or says that it was started already: giving it twice starts nothing twice."""

    help = "Start the government sync of a term, for one school or for all that have this term."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the command line."""
        parser.add_argument("--term", required=True, help="the term's id, for instance 2026-q4")
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--school", help="the school's id")
        which.add_argument("--all", action="store_true", help="every registered school that has this term")
        parser.add_argument("--again", action="store_true", help="a further run, when the term's last one has ended")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - argparse's values
        """Print each run's id, one a line.

        Exit code 1 when no school has the term, or when one school was named and it has not.
        """
        if options["school"]:
            self._start(options["school"], options["term"], again=options["again"])
            return
        started = [self._started(school.school_id, options) for school in list_schools()]
        if not any(started):
            raise CommandError(f"no school has the term {options['term']}")

    def _started(self, school_id: str, options: dict[str, Any]) -> bool:
        """Whether this school has the term; calendars differ, so that many may not."""
        try:
            self._start(school_id, options["term"], again=options["again"])
        except InvalidInputError:
            self.stderr.write(f"{school_id}: no such term")
            return False
        return True

    def _start(self, school_id: str, term_id: str, *, again: bool) -> None:
        with enter_school(school_id):
            ordinal = services.next_ordinal(term_id=term_id) if again else 1
            run = services.start_sync(term_id=term_id, actor="manage.py", ordinal=ordinal)
        self.stdout.write(f"{school_id} {run.run_id} {run.state}")
