"""``manage.py emulator``: the emulator in the foreground."""

# ruff: noqa: ANN401 - ministack's values have no types

from typing import Any

from django.core.management.base import CommandError, CommandParser

from deploy.emulator import options, server
from deploy.emulator.errors import EmulatorError
from edu.commands import OperatorCommand


class Command(OperatorCommand):
    """Run the emulator until Ctrl-C or SIGTERM."""

    help = "Run the AWS emulator (ministack with our extension) on 127.0.0.1 until it is stopped."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the same options as ``python -m deploy.emulator``."""
        options.add_arguments(parser)

    def handle(self, *_args: Any, **given: Any) -> None:
        """Serve in the foreground; a start that fails is one line."""
        try:
            chosen = options.from_mapping(given)
            self.stdout.write(
                f"Starting the AWS emulator on {chosen.endpoint_url}, state in {chosen.state_dir}; Ctrl-C ends it"
            )
            server.run(chosen)
        except EmulatorError as error:
            raise CommandError(str(error)) from error
