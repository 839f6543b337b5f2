"""Who is in which class, since when and until when, and who teaches it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from evaluations.domain.roster import Entity, name_of
from evaluations.domain.school import Enrolment
from evaluations.roster_files.cells import Cells
from evaluations.roster_files.oneroster.people import STUDENT, TEACHER
from evaluations.roster_files.oneroster.sets import RosterSet
from evaluations.roster_files.records import made

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evaluations.roster_files.tables import Row

_ENROLLMENTS, _USERS, _CLASSES = "enrollments.csv", "users.csv", "classes.csv"
_TRUE = ("true", "1")
_ROLES = {STUDENT: Entity.STUDENT, TEACHER: Entity.TEACHER}


@dataclass(frozen=True)
class Enrolments:
    """Who is in a section (``current``) and who was (``left``); the teacher of each class, by its name in the set."""

    current: list[Enrolment] = field(default_factory=list)
    left: list[Enrolment] = field(default_factory=list)
    teachers: dict[str, str] = field(default_factory=dict)


def read_enrolments(opened: RosterSet, roles: Mapping[str, frozenset[str]]) -> Enrolments:
    """Read every row of a student or a teacher; those of others are none of ours. ``roles``: each user's."""
    cells = opened.cells(_ENROLLMENTS)
    read = _Reading(Enrolments(), opened, cells)
    for row in opened.rows(_ENROLLMENTS):
        role = row["role"].casefold()
        if not role:
            cells.refuse(row, "role", "required")
        if role not in _ROLES or not _leads(opened, cells, row, _ROLES[role]):
            continue
        if role not in roles.get(row["userSourcedId"], _ROLES):
            cells.refuse(row, "userSourcedId", "wrong_role")
        elif enrolment := _enrolment(cells, row):
            read.add(row, role, enrolment)
    read.found.left.extend(_ended(opened, cells))
    return read.found


@dataclass
class _Reading:
    """The rows read so far."""

    found: Enrolments
    opened: RosterSet
    cells: Cells
    primaries: set[str] = field(default_factory=set)
    places: dict[tuple[str, str], list[Enrolment]] = field(default_factory=dict)

    def add(self, row: Row, role: str, enrolment: Enrolment) -> None:
        """Take a row of a student, or of a teacher who still teaches."""
        is_over = enrolment.ends_on is not None and enrolment.ends_on < self.opened.on
        if role == TEACHER:
            if not is_over:
                self._add_teacher(row, enrolment.student_id)
            return
        periods = self.places.setdefault((enrolment.section_id, enrolment.student_id), [])
        if any(_overlap(enrolment, other) for other in periods):
            self.cells.refuse(row, "userSourcedId", "repeated")
            return
        periods.append(enrolment)
        (self.found.left if is_over else self.found.current).append(enrolment)

    def _add_teacher(self, row: Row, teacher_id: str) -> None:
        """The primary teacher of a class, or the first where none is said to be."""
        name, teachers = row["classSourcedId"], self.found.teachers
        is_primary = row["primary"].casefold() in _TRUE
        if name not in teachers or (is_primary and name not in self.primaries):
            teachers[name] = teacher_id
        if is_primary:
            self.primaries.add(name)


def _ended(opened: RosterSet, cells: Cells) -> list[Enrolment]:
    """What the file says is to be deleted: those enrolments are over."""
    rows = [row for row in opened.gone(_ENROLLMENTS) if row["role"].casefold() in {STUDENT, ""}]
    made_of = [_enrolment(cells, row) for row in rows if row["classSourcedId"] and row["userSourcedId"]]
    return [enrolment for enrolment in made_of if enrolment and name_of(enrolment) in opened.standing]


def _leads(opened: RosterSet, cells: Cells, row: Row, entity: Entity) -> bool:
    """Whether class and user are there; else that is in the report."""
    there = True
    for column, file, kind in (("classSourcedId", _CLASSES, Entity.SECTION), ("userSourcedId", _USERS, entity)):
        if not row[column]:
            cells.refuse(row, column, "required")
            there = False
        elif not opened.leads(file, row[column], kind):
            cells.refuse(row, column, "exists")
            there = False
    return there


def _enrolment(cells: Cells, row: Row) -> Enrolment | None:
    return made(
        Enrolment,
        cells,
        row,
        {"ends_on": "endDate", "starts_on": "beginDate"},
        section_id=cells.id(row, "classSourcedId"),
        student_id=cells.id(row, "userSourcedId"),
        starts_on=cells.day(row, "beginDate"),
        ends_on=cells.day(row, "endDate"),
    )


def _overlap(one: Enrolment, other: Enrolment) -> bool:
    """Whether there is a day on which both say that the student is in the section."""
    ends_before = one.ends_on and other.starts_on and one.ends_on < other.starts_on
    starts_after = one.starts_on and other.ends_on and other.ends_on < one.starts_on
    return not (ends_before or starts_after)
