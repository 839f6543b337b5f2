"""CSV of any common encoding and separator."""

from __future__ import annotations

import codecs

import pytest

from evaluations.roster_files.csv_files import read_csv
from evaluations.roster_files.problems import Report

ROWS = [["nombre", "apellido"], ["Íñigo", "Muñoz Peña"]]
TEXT = "nombre,apellido\r\nÍñigo,Muñoz Peña\r\n"


def read(content: bytes) -> tuple[list[list[str]], Report]:
    report = Report()
    return [list(cells) for _number, cells in read_csv("f.csv", content, report).rows], report


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (TEXT.encode(), []),
        (codecs.BOM_UTF8 + TEXT.encode(), []),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), ["encoding"]),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), ["encoding"]),
        (TEXT.encode("utf-16-le"), ["encoding"]),
        (TEXT.encode("utf-16-be"), ["encoding"]),
        (TEXT.encode("cp1252"), ["encoding"]),
        (TEXT.encode("cp850"), ["encoding"]),
        (TEXT.encode("mac_roman"), ["encoding"]),
        (TEXT.replace(",", ";").encode(), ["separator"]),
        (TEXT.replace(",", "\t").encode(), ["separator"]),
        (TEXT.replace(",", "|").encode(), ["separator"]),
        (TEXT.replace("\r\n", "\n").encode(), []),
        (TEXT.replace("\r\n", "\r").encode(), []),
        (f"sep=;\n{TEXT.replace(',', ';')}".encode(), ["separator"]),
        (b'"nombre","apellido"\r\n' + '"Íñigo","Muñoz Peña"'.encode(), []),
    ],
)
def test_every_common_way_to_write_it_is_read(content: bytes, told: list[str]) -> None:
    rows, report = read(content)
    assert rows == ROWS
    assert [notice.rule for notice in report.notices] == told
    assert report.problems == []


def test_rows_have_the_numbers_of_a_spreadsheet() -> None:
    found = read_csv("f.csv", b'a,b\n"x\ny",1\n\nz,2\n', Report())
    assert [number for number, _cells in found.rows] == [1, 2, 4]


@pytest.mark.parametrize(
    ("content", "place"), [(b'a,b\n1,2\n"x"y,3\n', "f.csv:3:"), (b'a,b\n"never closed', "f.csv:2:")]
)
def test_row_that_cannot_be_read_is_named(content: bytes, place: str) -> None:
    _rows, report = read(content)
    assert [(problem.place, problem.rule) for problem in report.problems] == [(place, "bad_csv")]


def test_bytes_of_no_encoding_are_named() -> None:
    _rows, report = read(codecs.BOM_UTF8 + b"\xff\xff")
    assert [(problem.place, problem.rule) for problem in report.problems] == [("f.csv", "unreadable")]
