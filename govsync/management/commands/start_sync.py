"""``manage.py start_sync``: order the sync of a term; workers take it up at their next sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError

from edu.commands import OperatorCommand, chosen_schools
from edu.errors import InvalidInputError
from edu.tenancy import enter_school
from govsync import services

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from govsync.domain.runs import SyncRun


class Command(OperatorCommand):
    """Starts the term's first run, or says that it was started already: giving it twice starts nothing twice."""

    help = "Start the government sync of a term, for one school or for all that have this term."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the command line."""
        parser.add_argument("--term", required=True, help="the term's id, for instance 2026-t3")
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--school", help="the school's id")
        which.add_argument("--all", action="store_true", help="every registered school that has this term")
        parser.add_argument("--again", action="store_true", help="a further run, when the term's last one has ended")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - argparse's values
        """Print each run's id, one a line.

        Exit code 1 when no school has the term, or when nothing was started although grades are pending: the term was
        sent already, and ``--again`` was not given. 2 when the school that was named is not there or has not this term.
        """
        schools = chosen_schools(options)
        self._unsent: list[str] = []
        term_id, again = options["term"], options["again"]
        if options["school"]:
            self._start(options["school"], term_id, again=again)
        else:
            having = [self._started(school_id, term_id, again=again) for school_id in schools]
            if not any(having):
                raise CommandError(f"no school has the term {term_id}")
        if self._unsent:
            raise CommandError(f"grades are pending and nothing was started: {' '.join(self._unsent)}")

    def _started(self, school_id: str, term_id: str, *, again: bool) -> bool:
        """Whether this school has the term; calendars differ, so that many may not."""
        try:
            self._start(school_id, term_id, again=again)
        except InvalidInputError:
            self.stderr.write(f"{school_id}: no such term")
            return False
        return True

    def _start(self, school_id: str, term_id: str, *, again: bool) -> None:
        with enter_school(school_id):
            sent = None if again else services.find_sent(term_id=term_id)
            if sent is not None:
                self._say_sent(school_id, sent)
                return
            ordinal = services.next_ordinal(term_id=term_id)
            run = services.start_sync(term_id=term_id, actor="manage.py", ordinal=ordinal)
        self.stdout.write(f"{school_id} {run.run_id} {run.state}")

    def _say_sent(self, school_id: str, sent: SyncRun) -> None:
        pending = services.count_pending(term_id=sent.term_id)
        said = f"{school_id} {sent.run_id} {sent.state} already sent: nothing started; {pending} grades are pending"
        if pending.counted:
            self._unsent.append(school_id)
            said += "; use --again"
        self.stdout.write(said)
