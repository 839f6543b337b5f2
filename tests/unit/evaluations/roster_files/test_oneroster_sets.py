"""Sets made after the shape of public ones, which differ from the standard: each with its exact verdict."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from evaluations.domain.roster import Entity, RecordName, RosterContent, Standing, name_of
from evaluations.domain.school import Course, Enrolment, Section, Student, Teacher
from evaluations.roster_files.cells import DateOrder, own_id
from evaluations.roster_files.problems import words_of
from evaluations.roster_files.reading import read_files
from tests.support.roster_sets import PASSWORD, RosterSet, csv_of, zip_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evaluations.domain.roster import Roster

TODAY = date(2026, 6, 1)
_PASSWORDS = "users.csv:1:password password_column"


def verdict(files: Mapping[str, bytes], standing: Roster | None = None, order: DateOrder | None = None) -> list[str]:
    """Every problem as ``place rule``."""
    read = read_files(files, standing or {}, on=TODAY, date_order=order)
    for problem in (*read.problems, *read.notices):
        assert words_of(problem.rule)
    return [f"{problem.place} {problem.rule}" for problem in read.problems]


def notices(files: Mapping[str, bytes]) -> list[str]:
    return [f"{notice.place} {notice.rule}" for notice in read_files(files, {}, on=TODAY).notices]


def content(files: Mapping[str, bytes], standing: Roster | None = None) -> RosterContent:
    read = read_files(files, standing or {}, on=TODAY)
    assert read.problems == ()
    assert read.content is not None
    return read.content


def roster_of(found: RosterContent) -> Roster:
    return {name_of(record): Standing(record, "i-1") for records in found.records().values() for record in records}


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_set_of_each_version_is_read_whole(version: str) -> None:
    found = content(RosterSet(version).files())
    assert found.courses == (
        Course(course_id="crs-mat", name="Matemática", grade_level=5),
        Course(course_id="crs-len", name="Lenguaje", grade_level=5),
    )
    assert found.teachers == (Teacher(teacher_id="tea-1", given_name="Ana", family_name="Pérez"),)
    assert found.sections[0] == Section(
        section_id="cls-mat", course_id="crs-mat", school_year=2026, name="5º A Matemática", teacher_id="tea-1"
    )
    assert found.students[0] == Student(
        student_id="stu-000",
        given_name="Alumna 0",
        family_name="Prueba",
        birth_on=date(2015, 4, 1),
        grade_level=5,
    )
    assert len(found.enrolments) == 6
    assert found.enrolments[0] == Enrolment(section_id="cls-mat", student_id="stu-000")
    assert found.complete == frozenset(Entity)


def test_zip_with_one_folder_and_what_a_macintosh_adds_is_read() -> None:
    files = {f"export/{name}": text for name, text in RosterSet().files().items()}
    files |= {"__MACOSX/export/._users.csv": b"\0", "export/.DS_Store": b"\0"}
    assert content({"export.zip": zip_of(files)}) == content(RosterSet().files())


def test_password_is_not_read() -> None:
    assert PASSWORD.encode() in RosterSet().files()["users.csv"]
    assert PASSWORD not in repr(content(RosterSet().files()).records())
    assert _PASSWORDS in notices(RosterSet().files())


def test_header_of_another_case_is_read_and_named() -> None:
    made = RosterSet()
    made.headers["courses.csv"] = (
        made.headers["courses.csv"].replace("sourcedId", "SourcedID").replace("title", "Title")
    )
    assert content(made.files()) == content(RosterSet().files())
    assert [notice for notice in notices(made.files()) if "courses" in notice] == [
        "courses.csv:1:sourcedId header_case",
        "courses.csv:1:title header_case",
    ]


def test_days_with_strokes_are_refused_until_their_order_is_said() -> None:
    made = RosterSet()
    made.row("demographics.csv", "stu-000")["birthDate"] = "1/05/2015"
    made.row("demographics.csv", "stu-001")["birthDate"] = "13/05/2015"
    made.row("demographics.csv", "stu-002")["birthDate"] = "31/02/2015"
    files = made.files()
    assert verdict(files) == [
        "demographics.csv:2:birthDate ambiguous_date",
        "demographics.csv:4:birthDate invalid_date",
    ]
    made.row("demographics.csv", "stu-002")["birthDate"] = "2015-02-28"
    for order, expected in ((DateOrder.DAY_FIRST, date(2015, 5, 1)), (DateOrder.MONTH_FIRST, None)):
        read = read_files(made.files(), {}, on=TODAY, date_order=order)
        if expected is None:  # 13 is no month
            assert [problem.place for problem in read.problems] == ["demographics.csv:3:birthDate"]
        else:
            assert read.content is not None
            assert read.content.students[0].birth_on == expected


def test_file_that_is_a_copy_of_another_is_named() -> None:
    files = RosterSet().files()
    files["courses.csv"] = files["classes.csv"]
    found = verdict(files)
    assert "classes.csv copy_of_another" in found
    assert [one for one in found if not one.startswith("classes.csv")] == []


def test_classes_of_courses_that_are_not_there_are_named_one_by_one() -> None:
    made = RosterSet()
    made.rows["courses.csv"].pop()
    made.add_class("cls-his", "Historia", course="crs-his", teacher="tea-1")
    assert verdict(made.files()) == [
        "classes.csv:3:courseSourcedId exists",
        "classes.csv:4:courseSourcedId exists",
    ]


def test_empty_values_of_the_manifest_are_named_and_refused_where_they_matter() -> None:
    made = RosterSet()
    made.rows["manifest.csv"] = made.manifest()
    for row in made.rows["manifest.csv"]:
        if row["propertyName"] in {"oneroster.version", "file.roles"}:
            row["value"] = ""
    files = made.files()
    assert verdict(files) == []
    assert sorted(one for one in notices(files) if one.startswith("manifest")) == [
        "manifest.csv:3:value version_empty",
        "manifest.csv:9:value mode_empty",
    ]
    for row in made.rows["manifest.csv"]:
        if row["propertyName"] == "file.users":
            row["value"] = ""
    assert "manifest.csv:8:value mode_empty" in verdict(made.files())


def test_extension_columns_are_named_and_left_alone() -> None:
    made = RosterSet()
    made.headers["users.csv"] += ",ext_bus,metadata.house,locker"
    for row in made.rows["users.csv"]:
        row |= {"ext_bus": "canario", "metadata.house": "azul", "locker": "7"}
    assert content(made.files()) == content(RosterSet().files())
    assert [one for one in notices(made.files()) if one.startswith("users.csv:1:") and one != _PASSWORDS] == [
        "users.csv:1:19 extension_column",
        "users.csv:1:20 extension_column",
        "users.csv:1:21 unknown_column",
    ]


@pytest.mark.parametrize(
    ("file", "name", "column", "value", "rule"),
    [
        ("users.csv", "stu-001", "givenName", "", "required"),
        ("users.csv", "stu-001", "familyName", "Ñu\x07", "unreadable"),
        ("users.csv", "stu-001", "familyName", "x" * 121, "invalid"),
        ("users.csv", "stu-001", "status", "maybe", "invalid"),
        ("users.csv", "stu-001", "role", "", "required"),
        ("demographics.csv", "stu-001", "birthDate", "ayer", "invalid_date"),
        ("classes.csv", "cls-len", "termSourcedIds", "", "required"),
        ("classes.csv", "cls-len", "termSourcedIds", "t9", "exists"),
        ("classes.csv", "cls-len", "schoolSourcedId", "org-2", "several_schools"),
        ("academicSessions.csv", "t1", "parentSourcedId", "year-9", "exists"),
    ],
)
def test_fault_is_named_by_row_and_column(file: str, name: str, column: str, value: str, rule: str) -> None:
    made = RosterSet()
    row = made.row(file, name)
    row[column] = value
    assert f"{file}:{made.number_of(file, row)}:{column} {rule}" in verdict(made.files())


def test_rows_that_lead_nowhere_are_named_and_nobody_is_half_read() -> None:
    made = RosterSet()
    made.add("enrollments.csv", sourcedId="e1", classSourcedId="cls-mat", userSourcedId="nobody", role="student")
    made.add("enrollments.csv", sourcedId="e2", classSourcedId="cls-9", userSourcedId="stu-000", role="student")
    made.add("enrollments.csv", sourcedId="e3", classSourcedId="cls-mat", userSourcedId="tea-1", role="student")
    made.add("enrollments.csv", sourcedId="e4", classSourcedId="cls-mat", userSourcedId="stu-000", role="student")
    made.add("demographics.csv", sourcedId="ghost", birthDate="2015-01-01")
    assert verdict(made.files()) == [
        "demographics.csv:5:sourcedId exists",
        "enrollments.csv:10:userSourcedId exists",
        "enrollments.csv:11:classSourcedId exists",
        "enrollments.csv:12:userSourcedId wrong_role",
        "enrollments.csv:13:userSourcedId repeated",
    ]
    assert read_files(made.files(), {}, on=TODAY).content is None


def test_class_without_a_teacher_is_named() -> None:
    made = RosterSet()
    made.rows["enrollments.csv"] = [row for row in made.rows["enrollments.csv"] if row["role"] != "teacher"]
    assert verdict(made.files()) == ["classes.csv:2:sourcedId no_teacher", "classes.csv:3:sourcedId no_teacher"]


def test_file_that_the_manifest_promises_or_denies_is_named() -> None:
    files = RosterSet().files()
    del files["courses.csv"]
    assert "courses.csv missing_file" in verdict(files)
    made = RosterSet()
    made.rows["manifest.csv"] = made.manifest()
    next(row for row in made.rows["manifest.csv"] if row["propertyName"] == "file.users")["value"] = "absent"
    assert "users.csv absent_but_there" in verdict(made.files())
    files = RosterSet().files()
    del files["manifest.csv"]
    assert verdict(files) == ["manifest.csv missing_file"]


def test_column_that_is_missing_is_named() -> None:
    made = RosterSet()
    made.headers["classes.csv"] = made.headers["classes.csv"].replace(",courseSourcedId", "")
    assert "classes.csv:1:courseSourcedId missing_column" in verdict(made.files())


def test_enrolments_with_days_are_current_or_over() -> None:
    made = RosterSet(students=1)
    made.rows["enrollments.csv"] = [row for row in made.rows["enrollments.csv"] if row["role"] == "teacher"]
    made.enrol("stu-000", "cls-mat", beginDate="2026-03-02", endDate="2026-04-30")
    made.enrol("stu-000", "cls-len", beginDate="2026-05-01", endDate="2026-12-20")
    found = content(made.files())
    assert found.left == (
        Enrolment(
            section_id="cls-mat",
            student_id="stu-000",
            starts_on=date(2026, 3, 2),
            ends_on=date(2026, 4, 30),
        ),
    )
    assert [enrolment.section_id for enrolment in found.enrolments] == ["cls-len"]
    made.rows["enrollments.csv"][-1]["beginDate"] = "2026-12-21"
    assert verdict(made.files()) == ["enrollments.csv:5:endDate end_before_start"]


def test_differences_lead_to_what_the_school_has() -> None:
    standing = roster_of(content(RosterSet().files()))
    delta = RosterSet(students=0, mode="delta")
    delta.rows |= {name: [] for name in delta.rows}
    delta.add_student("stu-900", "Tarde", "Llega", classes=("cls-mat",))
    delta.rows["enrollments.csv"].append(
        {
            "sourcedId": "gone",
            "status": "tobedeleted",
            "classSourcedId": "cls-mat",
            "userSourcedId": "stu-001",
            "role": "student",
        }
    )
    delta.rows["users.csv"].append({"sourcedId": "stu-002", "status": "tobedeleted", "role": "student"})
    found = content(delta.files(), standing)
    assert found.complete == frozenset()
    assert [student.student_id for student in found.students] == ["stu-900"]
    assert [name_of(one) for one in found.left] == [RecordName(Entity.ENROLMENT, ("cls-mat", "stu-001"))]
    assert found.gone_students == frozenset({"stu-002"})
    assert verdict(delta.files()) == ["enrollments.csv:2:classSourcedId exists"]


def test_names_that_are_no_ids_of_ours_become_some() -> None:
    made = RosterSet()
    for row in made.rows["users.csv"]:
        row["sourcedId"] = row["sourcedId"].replace("tea-1", "{A1B2}_c@x")
    for row in made.rows["enrollments.csv"]:
        row["userSourcedId"] = row["userSourcedId"].replace("tea-1", "{A1B2}_c@x")
    found = content(made.files())
    assert {section.teacher_id for section in found.sections} == {own_id("{A1B2}_c@x")}
    assert own_id("{A1B2}_c@x").startswith("or-")
    assert own_id("a") != own_id("A")


def test_national_id_is_taken_where_its_kind_is_said() -> None:
    made = RosterSet()
    made.row("users.csv", "stu-001")["userIds"] = "{SIS:77},{RUT:12.345.678-k}"
    assert content(made.files()).students[1].national_id == "12.345.678-K"


def test_teacher_who_is_primary_has_the_class() -> None:
    made = RosterSet()
    made.add_user("tea-2", "Luz", "Díaz", role="teacher")
    made.rows["enrollments.csv"].insert(
        0,
        {
            "sourcedId": "helper",
            "classSourcedId": "cls-mat",
            "userSourcedId": "tea-2",
            "role": "teacher",
            "primary": "false",
        },
    )
    assert [section.teacher_id for section in content(made.files()).sections] == ["tea-1", "tea-1"]


def test_manifest_that_is_no_table_is_named() -> None:
    files = RosterSet().files() | {"manifest.csv": csv_of(["a", "b"], [])}
    assert verdict(files)[:2] == [
        "manifest.csv:1:propertyName missing_column",
        "manifest.csv:1:value missing_column",
    ]
