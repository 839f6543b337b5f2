"""A set's tables, and what its readers share: where a name leads, in the files or in the school."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from evaluations.domain.roster import Entity, RecordName, Roster
from evaluations.roster_files.cells import Cells, DateOrder, own_id
from evaluations.roster_files.csv_files import read_csv
from evaluations.roster_files.oneroster.layout import FILES, MANIFEST, NOT_READ
from evaluations.roster_files.oneroster.manifest import Manifest, Mode, read_manifest
from evaluations.roster_files.problems import Report
from evaluations.roster_files.tables import Row, Table, read_table, repeated

if TYPE_CHECKING:
    from evaluations.domain.roster import Record

_STATUS = ("", "active", "tobedeleted")


@dataclass(frozen=True)
class RosterSet:
    """A set that was opened: its tables by file, the school that it is for, and the day it is read on."""

    manifest: Manifest
    tables: Mapping[str, Table]
    standing: Roster
    report: Report
    on: date
    date_order: DateOrder | None

    def cells(self, file: str) -> Cells:
        """The reader of a file's cells."""
        return Cells(file, self.report, self.date_order)

    def rows(self, file: str) -> list[Row]:
        """A file's rows that stand; none of a file that is absent."""
        return [row for row in self._rows(file) if not self._is_gone(row)]

    def gone(self, file: str) -> list[Row]:
        """The rows that the file says are to be deleted."""
        return [row for row in self._rows(file) if self._is_gone(row)]

    def is_whole(self, file: str) -> bool:
        """Whether the file speaks of everybody."""
        return self.manifest.modes.get(file) is Mode.BULK

    def find(self, entity: Entity, own: str) -> Record | None:
        """What the school has under an id of ours."""
        standing = self.standing.get(RecordName(entity, (own,)))
        return standing.record if standing else None

    def leads(self, file: str, source_id: str, *entities: Entity) -> bool:
        """Whether a name of the set is that of a row; where the file is not whole, also of what the school has."""
        if source_id in self.named.get(file, ()):
            return True
        own = own_id(source_id)
        return not self.is_whole(file) and any(self.find(entity, own) for entity in entities)

    @cached_property
    def named(self) -> dict[str, frozenset[str]]:
        """The names of each file's rows that stand."""
        return {file: frozenset(row["sourcedId"] for row in self.rows(file)) for file in self.tables}

    def _rows(self, file: str) -> tuple[Row, ...]:
        return self.tables[file].rows if file in self.tables else ()

    @staticmethod
    def _is_gone(row: Row) -> bool:
        return row["status"].casefold() == _STATUS[-1]


def open_set(
    files: Mapping[str, bytes], standing: Roster, report: Report, *, on: date, date_order: DateOrder | None
) -> RosterSet:
    """The set's tables; what is wrong with the files as such is in the report."""
    _compare_files(files, report)
    manifest = read_manifest(files, report)
    tables = {
        name: read_table(read_csv(name, files[name], report), columns, report)
        for name, columns in FILES.items()
        if manifest.modes.get(name, Mode.ABSENT) is not Mode.ABSENT and name in files
    }
    for name, table in tables.items():
        _check_rows(name, table, report)
    for name in files:
        if name in NOT_READ:
            report.notice(name, "not_read")
    return RosterSet(manifest, tables, standing, report, on, date_order)


def _compare_files(files: Mapping[str, bytes], report: Report) -> None:
    seen: set[bytes] = set()
    for name in (*FILES, *sorted(NOT_READ), MANIFEST):
        content = files.get(name)
        if content and content in seen:
            report.refuse(name, "copy_of_another")
        elif content:
            seen.add(content)


def _check_rows(file: str, table: Table, report: Report) -> None:
    """Each row has a name of its own, and a status of the standard."""
    for row in table.rows:
        if not row["sourcedId"]:
            report.refuse(file, "required", row=row.number, column="sourcedId")
        if row["status"].casefold() not in _STATUS:
            report.refuse(file, "invalid", row=row.number, column="status")
    for row in repeated(table.rows, "sourcedId"):
        report.refuse(file, "repeated", row=row.number, column="sourcedId")
