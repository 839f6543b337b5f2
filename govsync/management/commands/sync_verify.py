"""``manage.py sync_verify``: check a certificate and what goes with it, from the files alone.

Needs no settings, no table and no network: ``manage.py`` runs it before it reads any setting.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand

from edu.commands import CommandFailedError
from edu.texts import visible
from govsync.domain.verification import VerificationError, verify

if TYPE_CHECKING:
    from argparse import ArgumentParser

MAX_FILE_BYTES = 256 * 1024 * 1024  # a million grades
WRONG = 1  # the exit code


class NotVerifiedError(CommandFailedError):
    """A file is altered, missing, or not of the certificate it was given with."""

    code = "not_verified"


class NoAgreementError(CommandFailedError):
    """All files are intact, but what they hold is a report: the two sides do not agree."""

    code = "no_agreement"


class Command(BaseCommand):
    """Exit code 0: the files are intact, belong together and certify an agreement. 1: one line says what is wrong."""

    help = "Check a sync's certificate, alone or with its manifest, its history and proofs of single grades."
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's own declaration

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the command line."""
        parser.add_argument("files", nargs="+", metavar="FILE", help="one certificate or report, and what goes with it")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - argparse's values
        """Print one line for each file.

        Raises:
            NotVerifiedError: naming the file and what is wrong with it.
            NoAgreementError: the files are intact, and it is a report.
        """
        names = list(dict.fromkeys(options["files"]))
        try:
            certificate = verify({name: _read(name) for name in names})
        except VerificationError as error:
            raise NotVerifiedError(visible(str(error)), WRONG) from error
        for name in names:
            self.stdout.write(f"intact: {visible(name)}")
        if not certificate.is_agreement:
            raise NoAgreementError(f"the files are intact, but a report: {', '.join(certificate.shortcomings)}", WRONG)
        self.stdout.write(f"agreement: {certificate.counts.grades} grades, certificate {certificate.sha256}")


def _read(name: str) -> bytes:
    try:
        with Path(name).open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        raise VerificationError(name, "cannot be read") from error
    if len(content) > MAX_FILE_BYTES:
        raise VerificationError(name, "too large")
    return content
