"""``manage.py lake_failures``: what the pipes and the delivery to the lake gave up, made good from the table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analytics.services import failures
from edu.commands import CommandFailedError, OperatorCommand, WrongUseError
from edu.identity.principal import Principal, Role
from edu.logs import start_correlation
from edu.texts import visible

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from analytics.services.failures import Failure

_ACTOR = Principal("manage.py", Role.PLATFORM_OPERATOR, None)
_LEFT = 1


class Command(OperatorCommand):
    """Shows ids, keys, names of pipes, times and sizes; nothing of a row."""

    help = "List what the pipes and Firehose gave up, refill the lake where it is missing and remove it, or give it up."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the command line."""
        parser.add_argument("action", choices=["list", "redrive", "discard"])
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--message", metavar="ID", help="the id of one of the pipe's dead letters")
        which.add_argument("--object", metavar="KEY", help="the key of one of the delivery's error objects")
        which.add_argument("--all", action="store_true", help="all of both")
        parser.add_argument(
            "--reason", default="", help="why, in one line; audit trails of schools and the log keep it"
        )

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - argparse's values
        """Print one line for each; exit code 1 when one stays that should have gone.

        Raises:
            WrongUseError: to redrive or discard, one must be named, or all.
            CommandFailedError: some stay, each with why.
            FailureNotFoundError, FailureNotRedrivableError, InvalidInputError, DeadLettersUnavailableError: as
                ``failures.redrive``.
        """
        start_correlation()
        name = options["message"] or options["object"]
        if options["action"] == "list":
            if name or options["all"] or options["reason"]:
                raise WrongUseError("list shows all: no --message, --object, --all or --reason")
            for failure in failures.list_failures():
                self.stdout.write(_line_of(failure))
            return
        if not (name or options["all"]):
            raise WrongUseError("name one by --message or --object, or --all")
        if options["action"] == "redrive":
            outcomes = failures.redrive(name=name, reason=options["reason"], actor=_ACTOR)
        else:
            outcomes = failures.discard(name=name, reason=options["reason"])
        for outcome in outcomes:
            done = f"stays ({outcome.left})" if outcome.left else options["action"]
            self.stdout.write(f"{done} {_line_of(outcome.failure)}")
        left = sum(1 for outcome in outcomes if outcome.left)
        if left:
            raise CommandFailedError(f"{left} of {len(outcomes)} could not be removed", _LEFT)


def _line_of(failure: Failure) -> str:
    known = [f"{name}={said}" for name, said in failure.details.items()]
    fault = [f"fault={failure.fault.replace(' ', '-')}"] if failure.fault else []
    return " ".join([failure.source, visible(failure.name), *known, *fault])
