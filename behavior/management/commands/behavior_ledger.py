"""``manage.py behavior_ledger``: whether every event that the door accepted came into the table, and which did not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from behavior import services
from edu import clock
from edu.commands import CommandFailedError, OperatorCommand, WrongUseError

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from behavior.domain.ledger import DoorAccount, Ranges

MOST_HOURS = 30 * 24
_MOST_SHOWN = 50
OPEN = 1  # the exit code when something is not accounted for


class Command(OperatorCommand):
    """Shows counts and numbers of messages; nothing of what they hold."""

    help = "Hold what the event door sent against what the workers stored; exit code 1 when it does not close."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the command line."""
        parser.add_argument("--hours", type=int, default=24, help="how far to look back (24)")
        parser.add_argument(
            "--settled-s", type=int, default=0, help="leave out what was sent in the last so many seconds (0)"
        )

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - argparse's values
        """Print a line for each process of the door, and one for each thing that is open.

        Raises:
            CommandFailedError: something is open.
            WrongUseError: a time that is none.
        """
        hours, settled_s = options["hours"], options["settled_s"]
        if not 0 < hours <= MOST_HOURS or settled_s < 0:
            raise WrongUseError(f"--hours is 1 to {MOST_HOURS}, --settled-s at least 0")
        now = clock.now()
        accounts = services.read_ledger(
            since=now - timedelta(hours=hours), settled_at=now - timedelta(seconds=settled_s)
        )
        for account in accounts:
            self._show(account)
        open_doors = sum(not account.is_closed for account in accounts)
        self.stdout.write(f"doors={len(accounts)} open={open_doors}")
        if open_doors:
            raise CommandFailedError(f"the ledger of {open_doors} does not close", OPEN)

    def _show(self, account: DoorAccount) -> None:
        counts = f"messages={account.messages} events={account.events} stored={account.stored}"
        state = "closed" if account.is_closed else "OPEN"
        self.stdout.write(
            f"{account.door} {counts} duplicates={account.duplicates} rejected={account.rejected} {state}"
        )
        for name, ranges in (
            ("missing", account.missing),
            ("unexplained", account.unexplained),
            ("being sent when the door was killed", account.in_doubt),
            ("partial", account.partial),
            ("set aside, see dead_letters", account.set_aside),
            ("lost reports", account.lost_reports),
            ("reports that differ", account.differing),
        ):
            if ranges:
                self.stdout.write(f"  {name}: {_text(ranges)}")


def _text(ranges: Ranges) -> str:
    shown = [str(first) if first == last else f"{first}-{last}" for first, last in ranges[:_MOST_SHOWN]]
    return ", ".join(shown) + (" ..." if len(ranges) > _MOST_SHOWN else "")
