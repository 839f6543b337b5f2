"""The merge of a month as one statement, for a month that has outgrown one process (``compacting.MOST_BYTES``).

The rule is that of ``analytics.domain.lineage``. ``compact_lake --statement`` prints it, to be run
by an UNLOAD. What puts the files that this writes behind the month's manifest is not there yet (ADR 0035).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from analytics.domain.datasets import Dataset
from analytics.domain.schemas import columns_of
from analytics.lake import store
from edu.tenancy import check_school_id, current_school_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analytics.lake.snapshots import MonthSnapshot

_IDENTITY: Final[Mapping[Dataset, str]] = {
    Dataset.EVENTS: "student_pseudonym, event_id",
    Dataset.GRADES: "coalesce(nullif(entity, ''), 'score'), evaluation_id, student_pseudonym, version",
}
_FIRST: Final[Mapping[Dataset, str]] = {
    Dataset.EVENTS: "coalesce(arrived_at_ms, arrived_at_epoch_s * 1000)",
    Dataset.GRADES: "CASE WHEN state = 'deleted' THEN 0 ELSE 1 END",
}


def merge_of(seen: MonthSnapshot) -> str:
    """A SELECT of what a snapshot of the school in scope counts, each identity once.

    It names the objects. What was merged already would bring back the rows that a later merge left out on purpose, such
    as an erased student's; what comes meanwhile would be there twice, for the manifest does not name it.

    Raises:
        NoScopeError: outside a school's scope.
    """
    dataset, month = seen.dataset, seen.month
    paths = ", ".join("'" + store.url_of(found.key).replace("'", "''") + "'" for found in seen.objects)
    columns = ", ".join(column.name for column in columns_of(dataset))
    school = check_school_id(current_school_id())
    sequence = "coalesce(sequence, '')"
    rank = f"{_FIRST[dataset]}, length({sequence}), {sequence}, coalesce(change_id, '')"
    return (
        f"SELECT {columns} FROM (SELECT {columns}, row_number() OVER "  # noqa: S608 - our own names and a checked id
        f"(PARTITION BY {_IDENTITY[dataset]} ORDER BY {rank}) AS place FROM {dataset.value} "
        f"WHERE school = '{school}' AND year = {month.year:d} AND month = {month.month:d} "
        f'AND "$path" IN ({paths})) AS ranked WHERE place = 1'
    )
