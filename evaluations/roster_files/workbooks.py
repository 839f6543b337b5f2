"""Workbooks (xlsx), read by calamine, after a look at what it would have to hold in memory."""

from __future__ import annotations

import io
import re
from datetime import date, datetime
from typing import TYPE_CHECKING

import python_calamine

from evaluations.roster_files.archives import holds, unpack
from evaluations.roster_files.tables import MAX_COLUMNS, RawTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evaluations.roster_files.problems import Report

WORKBOOK = "workbook"
_MARK = "xl/workbook.xml"
_FOLDERS = 4
# calamine holds the whole rectangle up to the last cell: a workbook of 1 KB with one cell in the last corner would take
# 400 GB. Where a row or cell stands is said in its own attribute, or it is the next one.
_ROW = re.compile(rb"<(?:\w+:)?row[\s/>]")
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_PLACE = re.compile(rb"""\br\s*=\s*["']([A-Za-z]*)([0-9]+)["']""")
_MAX_CELLS = 4_000_000
_LETTERS, _MAX_LETTERS, _MAX_DIGITS = 26, 3, 7


def is_workbook(content: bytes) -> bool:
    """Whether a zip is a workbook."""
    return holds(content, _MARK)


def read_workbook(content: bytes, report: Report) -> list[tuple[str, RawTable]]:
    """Each sheet's name and rows; what cannot be read is in the report. A sheet goes by its number there."""
    parts = unpack(content, report, file=WORKBOOK, folders=_FOLDERS)
    if report.problems:
        return []
    if any(b"\0" in part or _is_too_large(part) for name, part in parts.items() if name.endswith(".xml")):
        report.refuse(WORKBOOK, "too_large")
        return []
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        return [
            (name, _table(f"sheet {number}", workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)))
            for number, name in enumerate(workbook.sheet_names, start=1)
        ]
    except (python_calamine.CalamineError, OSError, ValueError):
        report.refuse(WORKBOOK, "bad_workbook")
    except BaseException as error:  # a panic of the library's Rust is none of Python's exceptions
        if type(error).__name__ != "PanicException":
            raise
        report.refuse(WORKBOOK, "bad_workbook")
    return []


def _is_too_large(part: bytes) -> bool:
    """Whether the rectangle of a sheet's cells may hold more than is read."""
    rows = columns = in_rows = 0
    for row in _ROW.split(part)[1:]:
        in_rows += 1
        columns = max(columns, sum(1 for _cell in _CELL.finditer(row)))
    for place in _PLACE.finditer(part):
        letters, digits = place[1], place[2]
        if len(letters) > _MAX_LETTERS or len(digits) > _MAX_DIGITS:
            return True
        rows, columns = max(rows, int(digits)), max(columns, _column(letters))
    return max(rows + in_rows, 1) * max(columns, 1) > _MAX_CELLS


def _column(letters: bytes) -> int:
    """The number of a column that is called so: A is 1."""
    number = 0
    for letter in letters.upper():
        number = number * _LETTERS + letter - ord("A") + 1
    return number


def _table(file: str, rows: Sequence[Sequence[object]]) -> RawTable:
    texts = [(number, [_text(cell) for cell in row[:MAX_COLUMNS]]) for number, row in enumerate(rows, start=1)]
    first = next((at for at, (_number, cells) in enumerate(texts) if any(cells)), len(texts))
    return RawTable(file, texts[first:])


def _text(cell: object) -> str:
    match cell:
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime():
            return cell.date().isoformat()
        case date():
            return cell.isoformat()
        case _:
            return str(cell)
