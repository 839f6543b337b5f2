"""``manage.py import_school``: a school's own record, without which no roster can be imported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from edu.commands import OperatorCommand
from edu.logs import start_correlation
from evaluations import services
from evaluations.management.operators import operator
from evaluations.roster_files.school_record import read_school

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(OperatorCommand):
    """Registers the school, or changes its record: terms that it has stay open or closed, and none is taken away."""

    help = "Write a school's own record, how it grades and its terms, from a file of JSON, and register the school."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the command line."""
        parser.add_argument("file", type=Path, help="the record: see docs/IMPORTS.md")
        parser.add_argument("--by", required=True, metavar="NAME", help="who decides; it is in the audit trail")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - argparse's values
        """Write it, and show the school's id.

        Raises:
            InvalidInputError: the file is no record, or a term overlaps one that the school has.
            ScaleInUseError: the scale of a term would change in which something is recorded.
            ClosedTermPolicyError: the grading policy of a closed term would change.
        """
        start_correlation()
        school = read_school(options["file"].read_bytes())
        services.import_school(actor=operator(options["by"]), school=school)
        self.stdout.write(f"{school.school_id} terms={len(school.terms)}")
