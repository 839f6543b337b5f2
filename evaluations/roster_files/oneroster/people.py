"""Who the users of a set are: students, teachers, or neither."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from evaluations.domain.roster import Entity
from evaluations.domain.school import Student, Teacher
from evaluations.roster_files.cells import own_id
from evaluations.roster_files.oneroster.layout import V1_2
from evaluations.roster_files.records import made

if TYPE_CHECKING:
    from datetime import date

    from evaluations.roster_files.oneroster.sets import RosterSet
    from evaluations.roster_files.tables import Row

_USERS, _ROLES, _DEMOGRAPHICS = "users.csv", "roles.csv", "demographics.csv"
STUDENT, TEACHER = "student", "teacher"
_NATIONAL_IDS = re.compile(r"\{(?:national ?id|rut|run|dni|curp|cpf|ci|cedula):([0-9A-Za-z.-]{4,20})\}", re.IGNORECASE)


@dataclass(frozen=True)
class People:
    """The students and teachers of a set, the ids of the students who are said to be deleted, each user's roles."""

    students: tuple[Student, ...]
    teachers: tuple[Teacher, ...]
    gone_students: frozenset[str]
    roles: Mapping[str, frozenset[str]]


def read_people(opened: RosterSet) -> People:
    """Read users with their roles and birthdays."""
    roles = _roles(opened)
    births = _births(opened)
    students, teachers = [], []
    for row in opened.rows(_USERS):
        said = roles[row["sourcedId"]]
        if STUDENT in said and (student := _student(opened, row, births)):
            students.append(student)
        if TEACHER in said and (teacher := _teacher(opened, row)):
            teachers.append(teacher)
    named = {row["sourcedId"] for row in opened.rows(_USERS)}
    students += [
        replace(known, birth_on=born)
        for source_id, born in births.items()
        if source_id not in named and isinstance(known := opened.find(Entity.STUDENT, own_id(source_id)), Student)
    ]
    gone = frozenset(own_id(row["sourcedId"]) for row in opened.gone(_USERS))
    return People(tuple(students), tuple(teachers), gone, roles)


def _roles(opened: RosterSet) -> Mapping[str, frozenset[str]]:
    """The roles of each user: in the row itself, and from version 1.2 on in a file of their own."""
    if opened.manifest.version != V1_2:
        return {row["sourcedId"]: _role(opened, row) for row in opened.rows(_USERS)}
    found: dict[str, frozenset[str]] = {}
    for row in opened.rows(_ROLES):
        user = row["userSourcedId"]
        if not opened.leads(_USERS, user, Entity.STUDENT, Entity.TEACHER):
            opened.cells(_ROLES).refuse(row, "userSourcedId", "exists" if user else "required")
        found[user] = found.get(user, frozenset()) | {row["role"].casefold()}
    named = opened.named.get(_USERS, frozenset())
    return {user: found.get(user) or _standing_roles(opened, user) for user in named}


def _standing_roles(opened: RosterSet, user: str) -> frozenset[str]:
    """What a user is in the school already; differences may name a user without the roles, which stay."""
    if opened.is_whole(_ROLES):
        return frozenset()
    kinds = {STUDENT: Entity.STUDENT, TEACHER: Entity.TEACHER}
    return frozenset(role for role, kind in kinds.items() if opened.find(kind, own_id(user)))


def _role(opened: RosterSet, row: Row) -> frozenset[str]:
    if not row["role"]:
        opened.cells(_USERS).refuse(row, "role", "required")
    return frozenset({row["role"].casefold()})


def _births(opened: RosterSet) -> dict[str, date]:
    cells = opened.cells(_DEMOGRAPHICS)
    found = {}
    for row in opened.rows(_DEMOGRAPHICS):
        if not opened.leads(_USERS, row["sourcedId"], Entity.STUDENT, Entity.TEACHER):
            cells.refuse(row, "sourcedId", "exists")
        if born := cells.day(row, "birthDate"):
            found[row["sourcedId"]] = born
    return found


def _student(opened: RosterSet, row: Row, births: Mapping[str, date]) -> Student | None:
    """The student; what the files do not say of birthday and national id stays as it is known."""
    cells = opened.cells(_USERS)
    own = cells.id(row, "sourcedId")
    known = opened.find(Entity.STUDENT, own)
    before = known if isinstance(known, Student) else None
    national = _NATIONAL_IDS.search(row["userIds"])
    return made(
        Student,
        cells,
        row,
        {"given_name": "givenName", "family_name": "familyName"},
        student_id=own,
        given_name=cells.text(row, "givenName"),
        family_name=cells.text(row, "familyName"),
        national_id=national[1].upper() if national else before and before.national_id,
        birth_on=births.get(row["sourcedId"], before and before.birth_on),
        grade_level=cells.level(row, "grades"),
    )


def _teacher(opened: RosterSet, row: Row) -> Teacher | None:
    cells = opened.cells(_USERS)
    return made(
        Teacher,
        cells,
        row,
        {"given_name": "givenName", "family_name": "familyName"},
        teacher_id=cells.id(row, "sourcedId"),
        given_name=cells.text(row, "givenName"),
        family_name=cells.text(row, "familyName"),
    )
