"""A file as rows of named cells, with the numbers under which a spreadsheet shows them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edu.texts import UnreadableError, one_line
from evaluations.roster_files.problems import HEADER_ROW

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evaluations.roster_files.problems import Report

MAX_ROWS, MAX_COLUMNS = 400_000, 200
_EXTENSIONS = ("metadata.", "ext_")
_PASSWORD = ("password", "contrasena", "clave")


@dataclass(frozen=True)
class Columns:
    """The columns of a kind of file: those that are needed, read if they are there, and known but not read.

    ``aliases``: what else a column is called, as ``plain`` makes it.
    """

    needed: tuple[str, ...]
    read: tuple[str, ...] = ()
    ignored: frozenset[str] = frozenset()
    aliases: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """A row's number, and the cells of the columns that are read, by column; an empty cell is an empty text."""

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        """Return the cell; empty where there is no such column."""
        return self.cells.get(column, "")


@dataclass(frozen=True)
class RawTable:
    """A file's rows as they stand, each with its number; the first is the header."""

    file: str
    rows: Sequence[tuple[int, Sequence[str]]]


@dataclass(frozen=True)
class Table:
    """A file's rows under its header."""

    file: str
    rows: tuple[Row, ...]


def plain(name: str) -> str:
    """A column's name as it is compared: lower case, no accents, nothing but letters and digits."""
    folded = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in folded if letter.isalnum())


def read_table(raw: RawTable, columns: Columns, report: Report) -> Table:
    """The rows by their columns. What is wrong with the header or a row's length is in the report."""
    if not raw.rows:
        report.refuse(raw.file, "empty")
        return Table(raw.file, ())
    (_number, header), *rest = raw.rows
    places = _places(raw.file, header, columns, report)
    rows = []
    for number, cells in rest:
        if any(cell.strip() for cell in cells[len(header) :]):
            report.refuse(raw.file, "extra_cells", row=number, column=str(len(header) + 1))
        if any(cells):
            rows.append(Row(number, {name: _kept(cells[at]) for name, at in places.items() if at < len(cells)}))
    return Table(raw.file, tuple(rows))


def _places(file: str, header: Sequence[str], columns: Columns, report: Report) -> dict[str, int]:
    """Where each column that is read stands."""
    known = {plain(name): name for name in (*columns.needed, *columns.read, *columns.ignored)} | dict(columns.aliases)
    places: dict[str, int] = {}
    for at, written in enumerate(header):
        name = known.get(plain(written))
        column = name or str(at + 1)  # what a stranger wrote there may be anything: its place is its name
        if name in places:
            report.refuse(file, "repeated", row=HEADER_ROW, column=column)
        elif plain(written) in _PASSWORD:
            report.notice(file, "password_column", row=HEADER_ROW, column=column)
        elif name is None:
            _notice_unknown(file, written, column, report)
        elif name not in columns.ignored:
            places[name] = at
            if not columns.aliases and written != name:
                report.notice(file, "header_case", row=HEADER_ROW, column=name)
    for name in columns.needed:
        if name not in places:
            report.refuse(file, "missing_column", row=HEADER_ROW, column=name)
    return places


def _kept(cell: str) -> str:
    """A cell as it is compared and kept; one that cannot be read stays as it is, for whoever reads it to say so."""
    if cell.isascii() and cell.isprintable():
        return cell.strip()
    try:
        return one_line(cell)
    except UnreadableError:
        return cell


def _notice_unknown(file: str, written: str, column: str, report: Report) -> None:
    if written.strip():
        is_extension = written.strip().casefold().startswith(_EXTENSIONS)
        report.notice(file, "extension_column" if is_extension else "unknown_column", row=HEADER_ROW, column=column)


def repeated(rows: Iterable[Row], column: str) -> Iterable[Row]:
    """The rows whose cell of a column stands in a row before."""
    seen: set[str] = set()
    for row in rows:
        if row[column] and row[column] in seen:
            yield row
        seen.add(row[column])
