"""Any bytes end in records or in problems that name a place: never in a traceback, and never in what stood there."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from edu.tenancy import enter_school
from evaluations.roster_files.cells import DateOrder
from evaluations.roster_files.problems import words_of
from evaluations.roster_files.reading import read_files
from tests.support.roster_sets import RosterSet, workbook_of, zip_of

if TYPE_CHECKING:
    from collections.abc import Mapping

TODAY = date(2026, 6, 1)
SET = RosterSet(students=2).files()
SHEETS = workbook_of({"alumnos": [["id", "nombre", "apellido", "seccion"], ["est-1", "Ana", "Peña", "mat-5a"]]})
NAMES = st.sampled_from([*SET, "alumnos.csv", "x.xlsx", "set.zip", "roles.csv", "notas.txt"])
CELLS = st.text(st.characters(codec="utf-8"), max_size=12)
MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def check(files: Mapping[str, bytes], order: DateOrder | None = None) -> None:
    with enter_school("escuela-1"):
        read = read_files(files, {}, on=TODAY, date_order=order)
    assert (read.content is None) == bool(read.problems)
    for problem in (*read.problems, *read.notices):
        assert words_of(problem.rule)
        assert problem.row >= 0
        assert problem.file.isascii()
        assert problem.column.replace("_", "").replace(".", "").isalnum() or not problem.column


@MANY
@given(st.dictionaries(NAMES, st.binary(max_size=400), max_size=4))
@example({"x.xlsx": b"PK\x03\x04"})
@example({"manifest.csv": b"propertyName,value\noneroster.version,\n"})
@example({"alumnos.csv": b"sep=\xc3\xb1\nnombre"})
def test_any_bytes(files: dict[str, bytes]) -> None:
    check(files)


@MANY
@given(st.sampled_from(sorted(SET)), st.integers(0, 400), st.binary(max_size=6), st.integers(0, 6))
def test_set_with_some_bytes_of_one_file_replaced(name: str, at: int, put: bytes, taken: int) -> None:
    content = SET[name]
    check(SET | {name: content[:at] + put + content[at + taken :]})


@MANY
@given(st.sampled_from(["users.csv", "enrollments.csv", "classes.csv", "demographics.csv"]), st.data())
def test_set_with_any_cell(file: str, data: st.DataObject) -> None:
    made = RosterSet(students=2)
    row = data.draw(st.sampled_from(made.rows[file]))
    column = data.draw(st.sampled_from(made.headers[file].split(",")))
    row[column] = data.draw(CELLS)
    row |= {"birthDate": data.draw(st.sampled_from(["", "1/5/2015", "0/0/0000", "9999-99-99"]))}
    check(made.files(), data.draw(st.sampled_from([None, *DateOrder])))


@MANY
@given(st.integers(0, 3000), st.binary(max_size=8), st.booleans())
def test_archive_with_some_bytes_replaced(at: int, put: bytes, is_workbook: bool) -> None:  # noqa: FBT001 - drawn
    content = SHEETS if is_workbook else zip_of(SET)
    check({"upload": content[:at] + put + content[at + len(put) :]})


@MANY
@given(st.lists(st.lists(CELLS, max_size=5), max_size=4))
def test_workbook_of_any_cells(rows: list[list[str]]) -> None:
    legal = [["".join(c for c in cell if c.isprintable()) for cell in row] for row in rows]
    check({"x.xlsx": workbook_of({"alumnos": [["id", "nombre", "apellido", "seccion", "desde"], *legal]})})
