"""``manage.py token``: an ID token for the API, as the person's own app would get it."""

from __future__ import annotations

import os
import sys
from getpass import getpass
from typing import TYPE_CHECKING, Any

from edu.commands import OperatorCommand, WrongUseError
from edu.identity import cognito

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(OperatorCommand):
    """For developers. Prints the ID token and nothing else; keeps nothing."""

    help = "Sign in and print the ID token, which is good for the API until it expires."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the command line; the password is never part of it, since other users see command lines."""
        parser.add_argument("username")
        parser.add_argument(
            "--password-env",
            metavar="NAME",
            help="take the password from this environment variable; otherwise it is asked for, or read from a pipe",
        )

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - argparse's values
        """Print the token.

        Raises:
            SignInRefusedError: Cognito refuses; it does not say whether for the name or the password.
            CognitoUnavailableError: Cognito does not answer.
            WrongUseError: there is no password.
        """
        password = _password(options["password_env"])
        try:
            tokens = cognito.sign_in(options["username"], password)
        except cognito.SignInRefusedError as error:
            raise cognito.SignInRefusedError("wrong name or password, or the account is disabled") from error
        self.stdout.write(tokens.id_token)


def _password(variable: str | None) -> str:
    if variable:
        password = os.environ.get(variable, "")
    elif sys.stdin.isatty():
        password = getpass("Password: ")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise WrongUseError(f"{variable} is not set" if variable else "no password was given")
    return password
