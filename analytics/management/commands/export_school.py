"""``manage.py export_school``: all that a school has, as one zip on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from analytics.services.exporting.making import export_to_file
from edu.commands import OperatorCommand, WrongUseError, chosen_schools
from edu.identity.principal import Principal, Role
from edu.logs import start_correlation
from edu.tenancy import enter_school

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(OperatorCommand):
    """Works with the school's own credentials, and is audited in the school: run it under the operator's profile."""

    help = "Write all that a school has into a zip: OneRoster 1.2 and Parquet, with a manifest of hashes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the command line."""
        parser.add_argument("--school", required=True, metavar="ID")
        parser.add_argument("--out", required=True, type=Path, metavar="FILE", help="a file that is not there yet")
        parser.add_argument("--by", default="manage.py", metavar="NAME", help="who takes it, for the audit trail")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - argparse's values
        """Write it, and print its bytes and its hash.

        Raises:
            NoSuchSchoolError: it is not registered.
            WrongUseError: there is such a file, or none can be written there.
        """
        start_correlation()
        (school_id,) = chosen_schools(options)
        actor = Principal(options["by"], Role.PLATFORM_OPERATOR, None)
        with enter_school(school_id):
            try:
                made = export_to_file(actor=actor, path=options["out"])
            except FileExistsError as error:
                raise WrongUseError("there is such a file already") from error
        self.stdout.write(f"{school_id} {made.export_id} {made.size_bytes} bytes sha256={made.sha256}")
