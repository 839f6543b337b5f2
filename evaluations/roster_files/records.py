"""Making a record of a row's values, under the rules of the domain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evaluations.roster_files.cells import Cells
    from evaluations.roster_files.tables import Row

T = TypeVar("T")


def made(kind: type[T], cells: Cells, row: Row, columns: Mapping[str, str], **values: Any) -> T | None:  # noqa: ANN401 - the record's own fields
    """The record; ``None`` when a value breaks a rule of the domain, which is in the report under its column.

    ``columns``: the column of each field, where it is called otherwise. An id or a text that is empty was told before.
    """
    if any(value == "" for value in values.values()):
        return None
    try:
        return kind(**values)
    except ValueError as error:  # the domain's: "<field>: <reason>"
        field = str(error).partition(":")[0]
        cells.refuse(row, columns.get(field, field), "end_before_start" if field == "ends_on" else "invalid")
        return None
