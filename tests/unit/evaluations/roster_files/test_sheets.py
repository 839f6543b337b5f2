"""A simple spreadsheet: students, and the sections that are new."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from edu.tenancy import enter_school
from evaluations.domain.roster import Entity, RosterContent, Standing, name_of
from evaluations.domain.school import Course, Enrolment, Section, Student, Teacher
from evaluations.roster_files.reading import Reading, read_files
from tests.support.roster_sets import workbook_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evaluations.domain.roster import Record, Roster

TODAY = date(2026, 6, 1)
SECTION = Section(section_id="mat-5a", course_id="mat-5", school_year=2026, name="5º A", teacher_id="tea-1")
STUDENTS: list[list[str | int]] = [
    ["Código", "Nombres", "Apellidos", "RUT", "Fecha de nacimiento", "Nivel", "Sección", "Ingreso", "Clave"],
    ["est-1", "Íñigo", "Muñoz", "1.234-k", "2015-04-01", 5, "mat-5a, len-5a", "", "secreto"],
    ["est-2", "Ana", "Peña", "", "", "", "mat-5a", "2026-05-04", ""],
]
SECTIONS: list[list[str | int]] = [
    ["Sección", "Nombre", "Curso", "Nombre curso", "Año", "Docente", "Nombres docente", "Apellidos docente"],
    ["mat-5a", "5º A Matemática", "mat-5", "Matemática", 2026, "tea-1", "Luz", "Díaz"],
    ["len-5a", "5º A Lenguaje", "len-5", "Lenguaje", 2026, "tea-1", "Luz", "Díaz"],
]


def standing_of(*records: Record) -> Roster:
    return {name_of(record): Standing(record, "i-1") for record in records}


def read(files: Mapping[str, bytes], standing: Roster | None = None) -> Reading:
    with enter_school("escuela-1"):
        return read_files(files, standing or {}, on=TODAY)


def content(files: Mapping[str, bytes], standing: Roster | None = None) -> RosterContent:
    found = read(files, standing)
    assert found.problems == ()
    assert found.content is not None
    return found.content


def problems(files: Mapping[str, bytes], standing: Roster | None = None) -> list[str]:
    return [f"{problem.place} {problem.rule}" for problem in read(files, standing).problems]


def csv(rows: Sequence[Sequence[str | int]], separator: str = ";") -> bytes:
    return "\n".join(separator.join(map(str, row)) for row in rows).encode("cp1252")


def test_workbook_of_two_sheets_is_read_whole() -> None:
    found = content({"lista.xlsx": workbook_of({"Secciones": SECTIONS, "Alumnos": STUDENTS})})
    assert found.courses[0] == Course(course_id="mat-5", name="Matemática")
    assert found.teachers == (Teacher(teacher_id="tea-1", given_name="Luz", family_name="Díaz"),)
    assert found.sections[0].name == "5º A Matemática"
    assert found.students[0] == Student(
        student_id="est-1",
        given_name="Íñigo",
        family_name="Muñoz",
        national_id="1.234-K",
        birth_on=date(2015, 4, 1),
        grade_level=5,
    )
    assert found.enrolments == (
        Enrolment(section_id="mat-5a", student_id="est-1"),
        Enrolment(section_id="len-5a", student_id="est-1"),
        Enrolment(section_id="mat-5a", student_id="est-2", starts_on=date(2026, 5, 4)),
    )
    assert found.complete == frozenset(Entity)


def test_files_of_another_separator_and_encoding_say_the_same() -> None:
    rows = [[str(cell).replace(", ", " ") for cell in row] for row in STUDENTS]
    files = {"secciones.csv": csv(SECTIONS), "alumnos.csv": csv(rows)}
    assert content(files) == content({"x.xlsx": workbook_of({"Secciones": SECTIONS, "Alumnos": STUDENTS})})


def test_one_table_alone_is_of_students_whatever_it_is_called() -> None:
    found = content({"Curso de María.csv": csv([*STUDENTS[:1], STUDENTS[2]])}, standing_of(SECTION))
    assert [student.student_id for student in found.students] == ["est-2"]
    assert found.complete == {Entity.STUDENT, Entity.ENROLMENT}


def test_student_without_an_id_is_known_by_the_national_one_which_stands_in_none() -> None:
    rows = [["rut", "nombre", "apellido"], ["12.345.678-9", "Ana", "Peña"]]
    [made] = content({"a.csv": csv(rows)}).students
    assert made.student_id.startswith("est-")
    assert "12345678" not in made.student_id.replace(".", "")
    assert content({"a.csv": csv(rows)}).students == (made,)
    known = Student(student_id="est-7", given_name="Ana", family_name="P", national_id="12.345.678-9")
    assert content({"a.csv": csv(rows)}, standing_of(known)).students[0].student_id == "est-7"
    with enter_school("escuela-2"):
        other = read_files({"a.csv": csv(rows)}, {}, on=TODAY).content
    assert other is not None
    assert other.students[0].student_id != made.student_id


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("Código", "", "student_id required"),
        ("Nombres", "", "given_name required"),
        ("RUT", "##", "national_id invalid"),
        ("Fecha de nacimiento", "3/4/2015", "birth_on ambiguous_date"),
        ("Sección", "nada-9z", "section_id exists"),
        ("Ingreso", "nunca", "starts_on invalid_date"),
    ],
)
def test_fault_is_named_by_row_and_column(column: str, value: str, rule: str) -> None:
    rows = [list(row) for row in STUDENTS]
    rows[2][rows[0].index(column)] = value
    place, _, broken = rule.partition(" ")
    sheets = workbook_of({"Secciones": SECTIONS, "Alumnos": rows})
    assert problems({"lista.xlsx": sheets}) == [f"sheet 2:3:{place} {broken}"]


def test_rows_that_contradict_each_other_are_named() -> None:
    rows: list[list[str | int]] = [*STUDENTS, ["est-1", "Íñigo", "Otro", "1.234-k", "2015-04-01", 5, "mat-5a", "", ""]]
    sections: list[list[str | int]] = [*SECTIONS, ["mat-5a", "x", "mat-5", "Otra", 2026, "tea-2", "", ""]]
    assert problems({"lista.xlsx": workbook_of({"Secciones": sections, "Alumnos": rows})}) == [
        "sheet 1:4:course_id differs",
        "sheet 1:4:teacher_id exists",
        "sheet 1:4:section_id repeated",
        "sheet 2:4:student_id differs",
    ]


def test_end_that_is_past_is_said_to_be_over() -> None:
    rows = [["id", "nombre", "apellido", "seccion", "desde", "hasta"], ["est-1", "A", "B", "mat-5a", "", "2026-05-30"]]
    found = content({"a.csv": csv(rows)}, standing_of(SECTION))
    assert found.enrolments == ()
    assert found.left == (Enrolment(section_id="mat-5a", student_id="est-1", ends_on=date(2026, 5, 30)),)


def test_file_name_of_a_stranger_is_in_no_problem() -> None:
    found = read({"María Canaria.csv": b"a,b\n", "notas.txt": b""})
    assert [problem.place for problem in found.problems] == ["file 1:1:given_name", "file 1:1:family_name"]
