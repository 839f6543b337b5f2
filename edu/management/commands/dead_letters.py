"""``manage.py dead_letters``: what no worker could take, to be looked at, sent again or given up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edu import dead_letters
from edu.commands import OperatorCommand, WrongUseError
from edu.identity.principal import Principal, Role
from edu.queues import QUEUES

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from edu.dead_letters import DeadLetter

_ACTOR = Principal("manage.py", Role.PLATFORM_OPERATOR, None)


class Command(OperatorCommand):
    """Shows ids, times, sizes and schools; nothing of what a message says of anybody."""

    help = "List a queue's dead letters, send them to the queue again, or give them up."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the command line."""
        parser.add_argument("action", choices=["list", "redrive", "discard"])
        parser.add_argument("--queue", choices=[queue.name for queue in QUEUES], required=True)
        which = parser.add_mutually_exclusive_group()
        which.add_argument("--message", help="the id of one of them")
        which.add_argument("--all", action="store_true", help="all of them")
        parser.add_argument("--reason", default="", help="why, in one line; it stands in the schools' audit trails")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - argparse's values
        """Print one line for each message.

        Raises:
            WrongUseError: to redrive or discard, one message or all must be named, and a reason.
            DeadLetterNotFoundError: it is not there.
            DeadLettersUnavailableError: SQS does not answer; what was printed is done.
        """
        queue = next(queue for queue in QUEUES if queue.name == options["queue"])
        if options["action"] == "list":
            if options["message"] or options["all"] or options["reason"]:
                raise WrongUseError("list shows all of a queue: no --message, --all or --reason")
            for letter in dead_letters.list_dead_letters(queue):
                self.stdout.write(_line_of(letter))
            return
        if not (options["message"] or options["all"]):
            raise WrongUseError("name a message by --message, or --all")
        handle = dead_letters.redrive if options["action"] == "redrive" else dead_letters.discard
        for letter in handle(queue, message_id=options["message"], reason=options["reason"], actor=_ACTOR):
            self.stdout.write(f"{options['action']} {_line_of(letter)}")


def _line_of(letter: DeadLetter) -> str:
    when = letter.sent_at.isoformat(timespec="seconds")
    known = [f"{letter.message_id} sent={when} received={letter.received} bytes={letter.size_bytes}"]
    if letter.task:
        known.append(f"{letter.task} schools={','.join(letter.schools) or '-'} events={letter.events}")
    if letter.fault:
        known.append(f"fault={letter.fault.replace(' ', '-')}")
    return " ".join(known)
