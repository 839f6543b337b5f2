"""``manage.py compact_lake``: merge the lake's small files of a school or of all, here and now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analytics.domain.datasets import Dataset
from analytics.lake import snapshots
from analytics.queries.merging import merge_of
from analytics.services import compacting, nightly
from edu.commands import OperatorCommand, chosen_schools
from edu.logs import start_correlation
from edu.tenancy import enter_school

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Callable

    from analytics.domain.datasets import Month


class Command(OperatorCommand):
    """Does in this process what a worker does at night; both at once do no harm. Shows counts only."""

    help = "Merge the lake's small files into few, each row once. Readers notice nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the command line."""
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--school", help="the school's id")
        which.add_argument("--all", action="store_true", help="every registered school")
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--dry-run", action="store_true", help="say what there is to merge, and write nothing")
        how.add_argument("--statement", action="store_true", help="print Athena's statement for each month to merge")

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - argparse's values
        """Print a line for each month that has something to merge.

        Raises:
            NoSuchSchoolError: there is none of this name.
            LakeDamagedError, MonthTooLargeError: of the month after the last line; the months before are done.
        """
        start_correlation()
        for school_id in chosen_schools(options):
            with enter_school(school_id):
                for dataset in Dataset:
                    for month in nightly.months_of_the_lake():
                        self._step(options)(school_id, dataset, month)

    def _step(self, options: dict[str, Any]) -> Callable[[str, Dataset, Month], None]:
        if options["statement"]:
            return self._state
        return self._look if options["dry_run"] else self._merge

    def _state(self, _school_id: str, dataset: Dataset, month: Month) -> None:
        seen = snapshots.take_month(dataset, month)
        if seen.loose:
            self.stdout.write(f"{merge_of(seen)};")

    def _look(self, school_id: str, dataset: Dataset, month: Month) -> None:
        seen = snapshots.take_month(dataset, month)
        if seen.loose or seen.left_over:
            loose = sum(found.size for found in seen.loose)
            counts = f"loose={len(seen.loose)} bytes={loose} left_over={len(seen.left_over)}"
            self.stdout.write(f"{school_id} {dataset} {month} would-merge {counts}")

    def _merge(self, school_id: str, dataset: Dataset, month: Month) -> None:
        done = compacting.compact_month(dataset, month)
        if done.outcome is compacting.Outcome.NOTHING:
            return
        counts = f"files={done.files_before}->{done.files_after} bytes={done.bytes_before}->{done.bytes_after}"
        more = f"rows={done.rows} dropped={done.dropped} set-aside={done.set_aside} deleted={done.deleted}"
        self.stdout.write(f"{school_id} {dataset} {month} {done.outcome} {counts} {more}")
