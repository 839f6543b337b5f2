"""A school's exports, and which of them is being made.

    SCHOOL#<id>#EXPORT          <export>    one export; ids begin with the instant of their order
    SCHOOL#<id>#EXPORT_OPEN     OPEN        which one is being made: there is one item, so only one is

An export is written under the condition that its last version stands, so of two workers the slower one stops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from analytics.domain.exports import SchoolExport
from analytics.errors import ExportMovedError, ExportNotFoundError, ExportRunningError
from edu.dynamo import table
from edu.dynamo.keys import Key, school_partition
from edu.dynamo.mapping import from_attributes, to_attributes
from edu.dynamo.transactions import NOT_THERE, Condition, Transaction, version_is

if TYPE_CHECKING:
    from edu.dynamo.pages import Page

_OPEN: Final = "OPEN"


def get_export(export_id: str) -> SchoolExport:
    """An export of the school in scope. Strongly consistent.

    Raises:
        ExportNotFoundError: there is none of this id.
    """
    found = table.get_item(_key(export_id))
    if found is None:
        raise ExportNotFoundError
    return from_attributes(SchoolExport, found)


def find_open() -> str:
    """The id of the export that is being made; empty where none is. Strongly consistent."""
    found = table.get_item(_open_key())
    return str(found["export_id"]) if found else ""


def list_exports(*, cursor: str | None = None, limit: int = 50) -> Page[SchoolExport]:
    """The school's exports, the last first. Strongly consistent.

    Raises:
        InvalidCursorError: see ``edu.dynamo.cursors``.
    """
    query = table.Query(school_partition("EXPORT"), descending=True, consistent=True, limit=limit)
    return table.query_page(query, cursor=cursor).map(lambda item: from_attributes(SchoolExport, item))


def add_first(transaction: Transaction, export: SchoolExport, *, after: SchoolExport | None = None) -> None:
    """Write an export that was ordered, and that it is the one being made. ``ExportRunningError`` on commit.

    ``after``: the one that was being made until now, in the version that closes it.
    """
    taken = {**_open_key().as_attributes(), "entity": "export_open", "export_id": export.export_id}
    free = Condition("export_id = :before", {":before": after.export_id}) if after else NOT_THERE
    transaction.put(taken, free, otherwise=ExportRunningError)
    transaction.put(_item(export), NOT_THERE, otherwise=ExportMovedError)
    if after:
        transaction.put(_item(after), version_is(after.version - 1), otherwise=ExportRunningError)


def add_next(transaction: Transaction, export: SchoolExport) -> None:
    """Write an export's next version; one that is no longer open makes room for another. ``ExportMovedError``."""
    transaction.put(_item(export), version_is(export.version - 1), otherwise=ExportMovedError)


def add_closing(transaction: Transaction, export: SchoolExport) -> None:
    """The same of one that was open and is not any more: another may be ordered."""
    add_next(transaction, export)
    own = Condition("export_id = :export_id", {":export_id": export.export_id})
    transaction.delete(_open_key(), own, otherwise=ExportMovedError)


def require_version(transaction: Transaction, export: SchoolExport) -> None:
    """Require that the export still stands as it was read. ``ExportMovedError`` on commit."""
    transaction.check(_key(export.export_id), version_is(export.version), otherwise=ExportMovedError)


def _item(export: SchoolExport) -> dict[str, object]:
    return {**_key(export.export_id).as_attributes(), "entity": "export", **to_attributes(export)}


def _key(export_id: str) -> Key:
    return Key(school_partition("EXPORT"), export_id)


def _open_key() -> Key:
    return Key(school_partition("EXPORT_OPEN"), _OPEN)
