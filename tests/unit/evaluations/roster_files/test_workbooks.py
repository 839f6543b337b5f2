"""Workbooks that would fill the memory, or are none."""

from __future__ import annotations

from datetime import date

import pytest

from evaluations.roster_files import archives
from evaluations.roster_files.reading import read_files
from tests.support.roster_sets import workbook_of, zip_of

SHEET: dict[str, list[list[str | int]]] = {"Alumnos": [["id", "nombre", "apellido"], ["est-1", "Ana", "Peña"]]}


def faults(content: bytes) -> list[str]:
    read = read_files({"x.xlsx": content}, {}, on=date(2026, 6, 1))
    assert (read.content is None) == bool(read.problems)
    return [f"{problem.place} {problem.rule}" for problem in read.problems]


def test_workbook_is_read() -> None:
    assert faults(workbook_of(SHEET)) == []


@pytest.mark.parametrize("place", ["XFD1048576", "ZZ40000", "ddd9999", "zzzz1", "A99999999999999999999"])
def test_cell_far_away_is_refused_before_it_takes_the_memory(place: str) -> None:
    assert faults(workbook_of(SHEET, last_cell=place)) == ["workbook too_large"]


def test_cells_that_do_not_say_where_they_stand_count_too() -> None:
    """A row far below, and many cells that follow each other in it."""
    sheet = '<worksheet><sheetData><row r="99999">' + "<c/>" * 100 + "</row></sheetData></worksheet>"
    names = '<workbook xmlns:r="r"><sheets><sheet name="a" r:id="rId1"/></sheets></workbook>'
    parts = {"xl/workbook.xml": names.encode(), "xl/worksheets/sheet1.xml": sheet.encode()}
    assert faults(zip_of(parts)) == ["workbook too_large"]


def test_long_sheet_of_few_columns_is_read() -> None:
    rows: list[list[str | int]] = [["id", "nombre", "apellido"]]
    rows += [[f"est-{number}", "Ana", "Peña"] for number in range(5000)]
    assert faults(workbook_of({"Alumnos": rows})) == []


def test_sheet_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_BYTES", 3000)
    many = {"Alumnos": [["id", "nombre", "apellido"], *[["est-1", "Ana", "x" * 90]] * 100]}
    assert faults(workbook_of(many)) == ["workbook:5: too_large"]


@pytest.mark.parametrize("content", [b"", b"<workbook", b"\0" * 40])
def test_workbook_that_is_none_is_named(content: bytes) -> None:
    [fault] = faults(zip_of({"xl/workbook.xml": content}))
    assert fault in {"workbook bad_workbook", "workbook too_large"}


def test_sheet_in_another_alphabet_of_bytes_is_not_looked_past() -> None:
    """What is not UTF-8 could hide a cell's place from the look that comes before."""
    hidden = '<worksheet><sheetData><row><c r="XFD1048576"/></row></sheetData></worksheet>'.encode("utf-16")
    assert faults(zip_of({"xl/workbook.xml": b"<workbook/>", "xl/worksheets/sheet1.xml": hidden})) == [
        "workbook too_large"
    ]
