"""The names of the lake's objects, all of the school in scope.

<dataset>/year=YYYY/month=MM/school=<id>/    a month's folder
    <anything>.parquet                       loose: delivered by Firehose, or written from the table (``refill-``)
    compact-<generation>-<digest>.parquet    merged; it is there for readers once the manifest names it
    _unreadable-<name>                       set aside: no Parquet file, or rows that do not belong there
    _manifest.json                           what was merged, and into what (hidden from Athena by its name)
exports/school=<id>/, holds/school=<id>/, athena-results/school=<id>/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from edu.tenancy import current_school_id

if TYPE_CHECKING:
    from analytics.domain.datasets import Dataset, Month

COMPACTED: Final = "compact-"
REFILLED: Final = "refill-"
UNREADABLE: Final = "_unreadable-"
PARQUET: Final = ".parquet"
_MANIFEST: Final = "_manifest.json"
_HIDDEN: Final = ("_", ".")


def month_folder(dataset: Dataset, month: Month) -> str:
    """The folder of a month, with its last slash."""
    return f"{dataset.value}/year={month.year}/month={month.month:02d}/school={current_school_id()}/"


def manifest_key(dataset: Dataset, month: Month) -> str:
    """A month's manifest."""
    return month_folder(dataset, month) + _MANIFEST


def exports_folder() -> str:
    """Where the school's exports lie."""
    return f"exports/school={current_school_id()}/"


def holds_folder() -> str:
    """Where what a legal hold preserves lies."""
    return f"holds/school={current_school_id()}/"


def results_folder() -> str:
    """Where Athena leaves the school's results, for seven days."""
    return f"athena-results/school={current_school_id()}/"


def compacted_name(generation: int, digest: str) -> str:
    """A merged file's name."""
    return f"{COMPACTED}{generation:06d}-{digest[:16]}{PARQUET}"


def refilled_name(generation: int, digest: str) -> str:
    """The name of a file written from the table, when a month had been merged so often.

    A name that was merged counts no more, for good: the same rows, lost again after a merge, need another.
    """
    return f"{REFILLED}{generation:06d}-{digest[:16]}{PARQUET}"


def generation_of(name: str) -> int | None:
    """Which generation of its month a merged file belongs to; none of another file, or of a name like no other."""
    number = name.removeprefix(COMPACTED).partition("-")[0]
    return int(number) if name.startswith(COMPACTED) and number.isdigit() else None


def name_of(key: str) -> str:
    """An object's name without its folder."""
    return key.rpartition("/")[2]


def is_hidden(key: str) -> bool:
    """Whether Athena passes the object over."""
    return name_of(key).startswith(_HIDDEN)
