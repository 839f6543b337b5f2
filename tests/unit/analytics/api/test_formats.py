"""Answers as files: no cell is a formula, numbers are of the country, columns have types."""

from __future__ import annotations

import csv
import io
from datetime import date

import pyarrow.parquet as pq
import pytest
from django.utils import translation

from analytics.api.formats import CsvFormat, ParquetFormat, column_types
from analytics.column_names import COLUMN_NAMES, QUESTION_NAMES
from analytics.queries.attendance import BandRow
from analytics.queries.behaviour import WeekRow
from analytics.queries.pass_rates import PassRow
from analytics.queries.questions import columns_of
from analytics.queries.registry import QUESTIONS
from tests.unit.analytics.queries.books import school_with

ROW = PassRow("=1+1", "@a", 10, 4, 0.4, 0.55)


def test_text_that_a_spreadsheet_would_run_is_a_text() -> None:
    with translation.override("es"):
        body = CsvFormat().write(school_with(), PassRow, [ROW]).decode("utf-8-sig")
    header, line = csv.reader(io.StringIO(body), delimiter=";")
    assert line == ["'=1+1", "'@a", "10", "4", "0,4", "0,55"]
    assert header[2] == "Estudiantes"


def test_reader_of_english_gets_points_and_commas() -> None:
    with translation.override("en"):
        body = CsvFormat().write(school_with(), PassRow, [ROW])
    assert body.startswith(b"\xef\xbb\xbf")
    assert b",10,4,0.4,0.55\r\n" in body


def test_columns_of_a_parquet_file_have_the_rows_types() -> None:
    row = WeekRow("2026-W10", date(2026, 3, 2), "a", "late", 3, 2, 20)
    table = pq.read_table(io.BytesIO(ParquetFormat().write(school_with(), WeekRow, [row])))
    assert table.to_pylist()[0]["week_begins_on"] == date(2026, 3, 2)
    assert [str(field.type) for field in table.schema] == ["string", "date32[day]", "string", "string", *["int64"] * 3]


def test_number_that_may_be_missing_is_a_number() -> None:
    assert column_types(BandRow)["correlation"] == "float"


@pytest.mark.parametrize("name", list(QUESTIONS))
def test_every_question_and_column_has_a_name_for_people(name: str) -> None:
    assert name in QUESTION_NAMES
    assert set(columns_of(QUESTIONS[name].Row)) <= COLUMN_NAMES.keys()
