"""Sets of OneRoster files and simple workbooks, made after the shape of the public ones."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Rows = list[dict[str, str]]
PASSWORD = "Secreto-9-canario"

_USERS_1_1 = (
    "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,userIds,givenName,familyName,"
    "middleName,identifier,email,sms,phone,agentSourcedIds,grades,password"
)
_USERS_1_2 = (
    "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,identifier,email,"
    "sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,resourceSourcedIds,preferredGivenName,"
    "preferredMiddleName,preferredFamilyName,primaryOrgSourcedId,pronouns"
)
HEADERS = {
    "manifest.csv": "propertyName,value",
    "academicSessions.csv": "sourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,schoolYear",
    "orgs.csv": "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId",
    "courses.csv": (
        "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,subjects,subjectCodes"
    ),
    "classes.csv": (
        "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,schoolSourcedId,"
        "termSourcedIds,subjects,subjectCodes,periods"
    ),
    "users.csv": _USERS_1_1,
    "roles.csv": (
        "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,"
        "userProfileSourcedId"
    ),
    "demographics.csv": "sourcedId,status,dateLastModified,birthDate,sex",
    "enrollments.csv": (
        "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate"
    ),
}


class RosterSet:
    """A set whose rows (``rows[file]``) and headers can be changed before it is written."""

    def __init__(self, version: str = "1.1", *, students: int = 3, mode: str = "bulk") -> None:
        self.version, self.mode = version, mode
        self.headers = dict(HEADERS)
        self.rows: dict[str, Rows] = {name: [] for name in HEADERS}
        if version == "1.2":
            self.headers["users.csv"] = _USERS_1_2
        self._school()
        for number in range(students):
            self.add_student(f"stu-{number:03d}", f"Alumna {number}", "Prueba", classes=("cls-mat", "cls-len"))

    def _school(self) -> None:
        self.add("orgs.csv", sourcedId="org-1", name="Escuela", type="school")
        self.add("academicSessions.csv", sourcedId="year", type="schoolYear", startDate="2026-03-01", schoolYear="2027")
        self.add("academicSessions.csv", sourcedId="t1", type="term", startDate="2026-03-01", parentSourcedId="year")
        for course, name in (("mat", "Matemática"), ("len", "Lenguaje")):
            self.add("courses.csv", sourcedId=f"crs-{course}", title=name, grades="05")
            self.add_class(f"cls-{course}", f"5º A {name}", course=f"crs-{course}", teacher="tea-1")
        self.add_user("tea-1", "Ana", "Pérez", role="teacher")

    def add(self, file: str, **cells: str) -> dict[str, str]:
        """Add a row."""
        self.rows[file].append(cells)
        return cells

    def add_class(self, name: str, title: str, *, course: str, teacher: str) -> None:
        """Add a class with its teacher."""
        place = {"schoolSourcedId": "org-1"}
        self.add(
            "classes.csv",
            sourcedId=name,
            title=title,
            courseSourcedId=course,
            classType="scheduled",
            termSourcedIds="t1",
            **place,
        )
        self.add(
            "enrollments.csv",
            sourcedId=f"enr-{name}-{teacher}",
            classSourcedId=name,
            userSourcedId=teacher,
            role="teacher",
            primary="true",
            **place,
        )

    def add_user(self, name: str, given: str, family: str, *, role: str, grades: str = "") -> None:
        """Add a user, with a password in the file as real sets have."""
        cells = {"sourcedId": name, "givenName": given, "familyName": family, "grades": grades, "password": PASSWORD}
        if self.version == "1.1":
            cells |= {"role": role, "enabledUser": "true", "username": name}
        else:
            self.add("roles.csv", sourcedId=f"rol-{name}", userSourcedId=name, roleType="primary", role=role)
        self.add("users.csv", **cells)

    def add_student(self, name: str, given: str, family: str, *, classes: Iterable[str] = ()) -> None:
        """Add a student with a birthday and places."""
        self.add_user(name, given, family, role="student", grades="05")
        self.add("demographics.csv", sourcedId=name, birthDate="2015-04-01")
        for one in classes:
            self.enrol(name, one)

    def enrol(self, student: str, in_class: str, **dates: str) -> dict[str, str]:
        """Add a student's place."""
        return self.add(
            "enrollments.csv",
            sourcedId=f"enr-{in_class}-{student}-{len(self.rows['enrollments.csv'])}",
            classSourcedId=in_class,
            userSourcedId=student,
            role="student",
            **dates,
        )

    def leave(self, student: str) -> None:
        """Take a student out of the set altogether."""
        for file, column in (
            ("users.csv", "sourcedId"),
            ("demographics.csv", "sourcedId"),
            ("enrollments.csv", "userSourcedId"),
            ("roles.csv", "userSourcedId"),
        ):
            self.rows[file] = [row for row in self.rows[file] if row[column] != student]

    def row(self, file: str, name: str) -> dict[str, str]:
        """A row by its name."""
        return next(row for row in self.rows[file] if row["sourcedId"] == name)

    def number_of(self, file: str, row: dict[str, str]) -> int:
        """The number under which a spreadsheet shows a row."""
        return next(at for at, one in enumerate(self.rows[file], start=2) if one is row)

    def manifest(self) -> Rows:
        """What the manifest says, unless a test has said otherwise."""
        if self.rows["manifest.csv"]:
            return self.rows["manifest.csv"]
        found = [
            {"propertyName": "manifest.version", "value": "1.0"},
            {"propertyName": "oneroster.version", "value": self.version},
        ]
        for name in HEADERS:
            if name != "manifest.csv":
                value = self.mode if self.rows[name] else "absent"
                found.append({"propertyName": f"file.{name.removesuffix('.csv')}", "value": value})
        return found

    def files(self) -> dict[str, bytes]:
        """The set as files."""
        rows = self.rows | {"manifest.csv": self.manifest()}
        return {name: csv_of(self.headers[name].split(","), made) for name, made in rows.items() if made}

    def zipped(self) -> dict[str, bytes]:
        """The set as one zip."""
        return {"set.zip": zip_of(self.files())}


def csv_of(header: Sequence[str], rows: Iterable[Mapping[str, str]], *, separator: str = ",") -> bytes:
    """A CSV file in UTF-8; a row's cells go by the header's names, whatever their case."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter=separator, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        by_case = {name.casefold(): cell for name, cell in row.items()}
        writer.writerow([by_case.get(name.casefold(), "") for name in header])
    return written.getvalue().encode()


def zip_of(files: Mapping[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of files by path."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return written.getvalue()


def workbook_of(sheets: Mapping[str, Sequence[Sequence[str | int]]], *, last_cell: str = "") -> bytes:
    """A workbook as spreadsheets write it, with texts in the cells themselves."""
    names = list(sheets)
    entries = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(names, start=1)
    )
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{relation}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(names) + 1)
    )
    package = "http://schemas.openxmlformats.org/package/2006"
    files = {
        "[Content_Types].xml": (
            f'<Types xmlns="{package}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>'
        ),
        "_rels/.rels": (
            f'<Relationships xmlns="{package}/relationships">'
            f'<Relationship Id="rId1" Type="{relation}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{relation}"><sheets>{entries}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">{relations}</Relationships>',
    }
    for n, rows in enumerate(sheets.values(), start=1):
        cells = "".join(
            f'<row r="{r}">{"".join(_cell(c, r, value) for c, value in enumerate(row))}</row>'
            for r, row in enumerate(rows, start=1)
        )
        if last_cell:
            cells += f'<row><c r="{last_cell}"><v>1</v></c></row>'
        files[f"xl/worksheets/sheet{n}.xml"] = f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>'
    return zip_of({name: text.encode() for name, text in files.items()})


def _cell(column: int, row: int, value: str | int) -> str:
    place = f"{chr(ord('A') + column)}{row}"
    if isinstance(value, int):
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
