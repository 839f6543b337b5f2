"""``make demo-analytics``: three years of fifty schools in the lake, and every question asked of it in three ways.

The lake is generated (``tests.bench.lake``) and put into an emulated cloud of its own by the schools' own workers. Then
each question of the query layer is asked for one school. ``athena`` is the statement that the product sends, through
Athena's API, from its start to its first page of results; ``duckdb`` the same statement, translated, by DuckDB straight
on the same files, without opening it; the start-up is what ``SELECT 1`` takes through the API; these three are asked
in turns; ``table`` is what it takes to page the rows out of the hot table with the product's repositories, where they
still are. Times are medians of nine; no result comes from a cache.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import django

import tests.environment  # noqa: F401 - before Django reads its settings


def main() -> int:
    """Measure; the last line is ``RESULT`` with the figures, and the exit code tells whether every bar was met."""
    django.setup()
    from tests.bench.lake.measuring import FULL, measure  # noqa: PLC0415 - they need Django's settings
    from tests.support.cloud import running_cloud  # noqa: PLC0415
    from tests.support.results import tell  # noqa: PLC0415

    # still: what is written into the table stays there, and the lake is as it was generated
    with tempfile.TemporaryDirectory(prefix="libreta-bench-") as folder, running_cloud(still=True):
        figures = measure(FULL, Path(folder))
    return tell(figures)


if __name__ == "__main__":
    sys.exit(main())
