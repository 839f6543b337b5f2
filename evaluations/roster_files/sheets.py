"""A simple spreadsheet: a table of students, and one of the sections where the school has not got them yet.

A row of students names the sections that the student is in. Headers are Spanish or English, in any spelling that comes
to the same letters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from edu.pseudonyms import blinded
from edu.values import whole_number
from evaluations.domain.roster import Entity, RecordName, Roster, RosterContent
from evaluations.domain.school import Course, Enrolment, Section, Student, Teacher
from evaluations.roster_files.cells import Cells, DateOrder, own_id
from evaluations.roster_files.problems import Report
from evaluations.roster_files.records import made
from evaluations.roster_files.tables import Columns, RawTable, plain, read_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evaluations.domain.roster import Record
    from evaluations.roster_files.tables import Row

T = TypeVar("T")
STUDENTS, SECTIONS = "students", "sections"
_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        STUDENTS: ("students", "alumnos", "estudiantes", "nomina"),
        SECTIONS: ("sections", "secciones"),
    }
)
_BETWEEN = re.compile(r"[,;|\s]+")


def _aliased(needed: str, read: str, names: Mapping[str, str]) -> Columns:
    """``names``: what else each column is called, in words."""
    aliases = {word: column for column, words in names.items() for word in words.split()}
    return Columns(tuple(needed.split()), tuple(read.split()), aliases=aliases)


_STUDENT_COLUMNS = _aliased(
    "given_name family_name",
    "student_id national_id birth_on grade_level section_id starts_on ends_on",
    {
        "student_id": "id codigo matricula idestudiante idalumno",
        "national_id": "rut run dni documento cedula curp",
        "given_name": "nombre nombres firstname",
        "family_name": "apellido apellidos lastname surname",
        "birth_on": "nacimiento fechadenacimiento fechanacimiento birthdate dateofbirth",
        "grade_level": "nivel grado grade",
        "section_id": "section sections seccion secciones idseccion",
        "starts_on": "desde ingreso fechadeingreso from",
        "ends_on": "hasta retiro fechaderetiro until",
    },
)
_SECTION_COLUMNS = _aliased(
    "section_id course_id school_year teacher_id",
    "name course_name grade_level teacher_given_name teacher_family_name",
    {
        "section_id": "id section seccion idseccion",
        "name": "nombre nombreseccion sectionname",
        "course_id": "course curso idcurso asignatura idasignatura",
        "course_name": "nombrecurso nombreasignatura",
        "school_year": "year ano anoescolar",
        "grade_level": "nivel grado grade",
        "teacher_id": "teacher docente iddocente profesor idprofesor",
        "teacher_given_name": "nombredocente nombresdocente nombreprofesor",
        "teacher_family_name": "apellidodocente apellidosdocente apellidoprofesor",
    },
)


def kind_of(name: str) -> str | None:
    """Whether a sheet or file of this name holds students or sections; ``None`` when its name does not say."""
    words = plain(name.removesuffix(".csv"))
    return next((kind for kind, names in _NAMES.items() if words in names), None)


def read_sheets(
    tables: Mapping[str, RawTable], standing: Roster, report: Report, *, on: date, date_order: DateOrder | None
) -> RosterContent:
    """What the tables say, by kind; whatever is wrong is in the report, and then records may be missing."""
    reader = _Reader(standing, report, on, date_order)
    complete: set[Entity] = set()
    if SECTIONS in tables:
        reader.read_sections(tables[SECTIONS])
        complete |= {Entity.COURSE, Entity.TEACHER, Entity.SECTION}
    if STUDENTS in tables:
        reader.read_students(tables[STUDENTS])
        complete |= {Entity.STUDENT, Entity.ENROLMENT}
    return RosterContent(
        courses=tuple(reader.courses.values()),
        teachers=tuple(reader.teachers.values()),
        sections=tuple(reader.sections.values()),
        students=tuple(reader.students.values()),
        enrolments=tuple(reader.enrolments.values()),
        left=tuple(reader.left),
        complete=frozenset(complete),
    )


@dataclass
class _Reader:
    """The records read so far."""

    standing: Roster
    report: Report
    on: date
    date_order: DateOrder | None
    courses: dict[str, Course] = field(default_factory=dict)
    teachers: dict[str, Teacher] = field(default_factory=dict)
    sections: dict[str, Section] = field(default_factory=dict)
    students: dict[str, Student] = field(default_factory=dict)
    enrolments: dict[tuple[str, str], Enrolment] = field(default_factory=dict)
    left: list[Enrolment] = field(default_factory=list)

    def read_sections(self, raw: RawTable) -> None:
        """Read sections, with their courses and teachers."""
        table, cells = read_table(raw, _SECTION_COLUMNS, self.report), Cells(raw.file, self.report, self.date_order)
        for row in table.rows:
            self._read_course(cells, row)
            self._read_teacher(cells, row)
            section = made(
                Section,
                cells,
                row,
                {},
                section_id=cells.id(row, "section_id"),
                course_id=cells.id(row, "course_id"),
                school_year=_year(cells, row),
                name=row["name"] or row["section_id"],
                teacher_id=cells.id(row, "teacher_id"),
            )
            if section and section.section_id in self.sections:
                cells.refuse(row, "section_id", "repeated")
            elif section:
                self.sections[section.section_id] = section

    def read_students(self, raw: RawTable) -> None:
        """Read students, and which sections they are or were in."""
        table, cells = read_table(raw, _STUDENT_COLUMNS, self.report), Cells(raw.file, self.report, self.date_order)
        by_national_id = {
            known.record.national_id: known.record.student_id
            for known in self.standing.values()
            if isinstance(known.record, Student) and known.record.national_id
        }
        for row in table.rows:
            student = self._student(cells, row, by_national_id)
            if student and self._keep(cells, row, "student_id", student, self.students.get(student.student_id)):
                self.students[student.student_id] = student
                self._read_places(cells, row, student.student_id)

    def _read_course(self, cells: Cells, row: Row) -> None:
        """The course of a section; one that is not named has to be there already."""
        own = own_id(row["course_id"])
        if not row["course_name"]:
            if own not in self.courses and not self._find(Entity.COURSE, own) and row["course_id"]:
                cells.refuse(row, "course_id", "exists")
            return
        level = cells.level(row, "grade_level")
        course = made(
            Course, cells, row, {"name": "course_name"}, course_id=own, name=row["course_name"], grade_level=level
        )
        if course and self._keep(cells, row, "course_id", course, self.courses.get(own)):
            self.courses[own] = course

    def _read_teacher(self, cells: Cells, row: Row) -> None:
        """The teacher of a section, likewise."""
        own = own_id(row["teacher_id"])
        given, family = row["teacher_given_name"], row["teacher_family_name"]
        if not given and not family:
            if own not in self.teachers and not self._find(Entity.TEACHER, own) and row["teacher_id"]:
                cells.refuse(row, "teacher_id", "exists")
            return
        teacher = made(
            Teacher,
            cells,
            row,
            {"given_name": "teacher_given_name", "family_name": "teacher_family_name"},
            teacher_id=own,
            given_name=cells.text(row, "teacher_given_name"),
            family_name=cells.text(row, "teacher_family_name"),
        )
        if teacher and self._keep(cells, row, "teacher_id", teacher, self.teachers.get(own)):
            self.teachers[own] = teacher

    def _student(self, cells: Cells, row: Row, by_national_id: Mapping[str, str]) -> Student | None:
        national_id = row["national_id"].upper() or None
        if row["student_id"]:
            own = cells.id(row, "student_id")
        elif national_id:
            # the number itself may stand in no key and no address, nor what anybody could compute of it
            own = by_national_id.get(national_id) or f"est-{blinded(f'national id {national_id}')}"
        else:
            cells.refuse(row, "student_id", "required")
            return None
        known = self._find(Entity.STUDENT, own)
        before = known if isinstance(known, Student) else None
        return made(
            Student,
            cells,
            row,
            {},
            student_id=own,
            given_name=cells.text(row, "given_name"),
            family_name=cells.text(row, "family_name"),
            national_id=national_id or (before.national_id if before else None),
            birth_on=cells.day(row, "birth_on") or (before.birth_on if before else None),
            grade_level=cells.level(row, "grade_level"),
        )

    def _read_places(self, cells: Cells, row: Row, student_id: str) -> None:
        starts_on, ends_on = cells.day(row, "starts_on"), cells.day(row, "ends_on")
        for name in filter(None, _BETWEEN.split(row["section_id"])):
            own = own_id(name)
            if own not in self.sections and not self._find(Entity.SECTION, own):
                cells.refuse(row, "section_id", "exists")
                continue
            values = {"section_id": own, "student_id": student_id, "starts_on": starts_on, "ends_on": ends_on}
            enrolment = made(Enrolment, cells, row, {}, **values)
            if enrolment and ends_on and ends_on < self.on:
                self.left.append(enrolment)
            elif enrolment and (own, student_id) in self.enrolments:
                cells.refuse(row, "section_id", "repeated")
            elif enrolment:
                self.enrolments[own, student_id] = enrolment

    def _keep(self, cells: Cells, row: Row, column: str, record: T, before: T | None) -> bool:
        """Whether the record may stand; one that says something else than a row before is in the report."""
        if before is None or before == record:
            return True
        cells.refuse(row, column, "differs")
        return False

    def _find(self, entity: Entity, own: str) -> Record | None:
        standing = self.standing.get(RecordName(entity, (own,)))
        return standing.record if standing else None


def _year(cells: Cells, row: Row) -> int | str:
    """A school year; nothing when it is none, which is in the report."""
    try:
        return whole_number(row["school_year"])
    except ValueError:
        cells.refuse(row, "school_year", "invalid" if row["school_year"] else "required")
        return ""
