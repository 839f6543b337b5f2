"""``manage.py lake_count``: how much of a school's month has reached the lake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analytics import services
from edu.commands import OperatorCommand, chosen_schools
from edu.tenancy import enter_school
from edu.values import whole_number

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(OperatorCommand):
    """Counts with the school's own credentials: run it under the operator's profile."""

    help = "Count a school's events and grades of one month in the lake, through Athena."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the command line."""
        parser.add_argument("--school", required=True, metavar="ID")
        parser.add_argument("--year", required=True, type=whole_number)
        parser.add_argument("--month", required=True, type=whole_number)

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - argparse's values
        """Print one line for each dataset."""
        month = {"year": options["year"], "month": options["month"]}
        (school_id,) = chosen_schools(options)
        with enter_school(school_id):
            for count in (services.count_events(**month), services.count_grades(**month)):
                self.stdout.write(f"{count.dataset:<8} {count.records} ({count.rows} rows)")
