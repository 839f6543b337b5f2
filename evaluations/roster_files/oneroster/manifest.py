"""The manifest: which version a set is of, and which of its files are there, whole or as differences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from evaluations.roster_files.csv_files import read_csv
from evaluations.roster_files.oneroster.layout import FILES, MANIFEST, NEEDED, V1_1, V1_2
from evaluations.roster_files.tables import Columns, read_table

if TYPE_CHECKING:
    from evaluations.roster_files.problems import Report
    from evaluations.roster_files.tables import Row

_COLUMNS = Columns(("propertyName", "value"))
_VERSION = "oneroster.version"
_ROLES = "roles.csv"


class Mode(StrEnum):
    """How a file speaks: of everybody, of what changed, or not at all."""

    BULK = "bulk"
    DELTA = "delta"
    ABSENT = "absent"


@dataclass(frozen=True)
class Manifest:
    """The version, and the mode of each file that is read."""

    version: str
    modes: Mapping[str, Mode]


def read_manifest(files: Mapping[str, bytes], report: Report) -> Manifest:
    """What the manifest says, with what its empty values leave to the files; what is wrong is in the report."""
    if MANIFEST not in files:
        report.refuse(MANIFEST, "missing_file")
        return Manifest(V1_1, {name: Mode.BULK for name in FILES if name in files})
    table = read_table(read_csv(MANIFEST, files[MANIFEST], report), _COLUMNS, report)
    said = {row["propertyName"]: row for row in table.rows}
    modes = {name: _mode(name, said.get(f"file.{name.removesuffix('.csv')}"), files, report) for name in FILES}
    version = _version(said.get(_VERSION), files, report)
    needed = NEEDED if version == V1_1 else (*NEEDED, _ROLES)
    if Mode.DELTA not in modes.values():
        for name in needed:
            if modes[name] is Mode.ABSENT:
                report.refuse(name, "missing_file")
    return Manifest(version, modes)


def _version(row: Row | None, files: Mapping[str, bytes], report: Report) -> str:
    value = row["value"] if row else ""
    if not value:
        report.notice(MANIFEST, "version_empty", row=row.number if row else 0, column="value" if row else "")
        return V1_2 if _ROLES in files else V1_1
    if value not in {V1_1, V1_2} and row:
        report.refuse(MANIFEST, "version_unknown", row=row.number, column="value")
    return value


def _mode(name: str, row: Row | None, files: Mapping[str, bytes], report: Report) -> Mode:
    """How the file speaks. One that is there and of which nothing is said may be whole or not: it is refused."""
    there = name in files
    value = row["value"].casefold() if row else ""
    number = row.number if row else 0
    if not value:
        if there:
            report.refuse(MANIFEST if row else name, "mode_empty", row=number, column="value" if row else "")
        elif row:
            report.notice(MANIFEST, "mode_empty", row=number, column="value")
        return Mode.ABSENT
    if value not in set(Mode):
        report.refuse(MANIFEST, "mode_unknown", row=number, column="value")
        return Mode.ABSENT
    if there and value == Mode.ABSENT:
        report.refuse(name, "absent_but_there")
    if not there and value != Mode.ABSENT:
        report.refuse(name, "missing_file")
        return Mode.ABSENT
    return Mode(value)
