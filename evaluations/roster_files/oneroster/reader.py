"""A set of OneRoster files as what they say of a school."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evaluations.domain.roster import Entity, RosterContent
from evaluations.roster_files.cells import own_id
from evaluations.roster_files.oneroster.classes import read_courses, read_sections
from evaluations.roster_files.oneroster.enrolments import read_enrolments
from evaluations.roster_files.oneroster.layout import FILES, MANIFEST
from evaluations.roster_files.oneroster.people import read_people
from evaluations.roster_files.oneroster.sets import open_set

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from evaluations.domain.roster import Roster
    from evaluations.roster_files.cells import DateOrder
    from evaluations.roster_files.problems import Report

_KINDS = {
    "courses.csv": (Entity.COURSE,),
    "classes.csv": (Entity.SECTION,),
    "users.csv": (Entity.TEACHER, Entity.STUDENT),
    "enrollments.csv": (Entity.ENROLMENT,),
}


def is_set(files: Mapping[str, bytes]) -> bool:
    """Whether these are files of OneRoster: one of them is called so."""
    return MANIFEST in files or any(name in files for name in FILES)


def read_set(
    files: Mapping[str, bytes], standing: Roster, report: Report, *, on: date, date_order: DateOrder | None
) -> RosterContent:
    """What the set says; whatever is wrong is in the report, and then it may lack records."""
    opened = open_set(files, standing, report, on=on, date_order=date_order)
    people = read_people(opened)
    enrolments = read_enrolments(opened, people.roles)
    return RosterContent(
        courses=read_courses(opened),
        teachers=people.teachers,
        sections=read_sections(opened, enrolments.teachers),
        students=people.students,
        enrolments=tuple(enrolments.current),
        left=tuple(enrolments.left),
        gone_students=people.gone_students,
        gone_sections=frozenset(own_id(row["sourcedId"]) for row in opened.gone("classes.csv")),
        complete=frozenset(kind for file, kinds in _KINDS.items() if opened.is_whole(file) for kind in kinds),
    )
