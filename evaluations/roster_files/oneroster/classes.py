"""The courses of a set and its classes: each class one section of a school year."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from evaluations.domain.roster import Entity
from evaluations.domain.school import Course, Section
from evaluations.roster_files.cells import own_id
from evaluations.roster_files.records import made

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from evaluations.roster_files.oneroster.sets import RosterSet
    from evaluations.roster_files.tables import Row

_SESSIONS, _COURSES, _CLASSES = "academicSessions.csv", "courses.csv", "classes.csv"
_SCHOOL_YEAR = "schoolyear"
_MOST_PARENTS = 10


def read_courses(opened: RosterSet) -> tuple[Course, ...]:
    """The courses; one of several grade levels, or of none of ours, has none."""
    cells = opened.cells(_COURSES)
    found = [
        made(
            Course,
            cells,
            row,
            {"name": "title"},
            course_id=cells.id(row, "sourcedId"),
            name=cells.text(row, "title"),
            grade_level=cells.level(row, "grades"),
        )
        for row in opened.rows(_COURSES)
    ]
    return tuple(course for course in found if course)


def read_sections(opened: RosterSet, teachers: Mapping[str, str]) -> tuple[Section, ...]:
    """The sections; ``teachers`` are those that enrolments say, by the class's name in the set.

    Sections that the school has, and of which the set says nothing but a new teacher, are among them.
    """
    years = _years(opened)
    schools: set[str] = set()
    found = [_section(opened, row, teachers, years, schools) for row in opened.rows(_CLASSES)]
    named = opened.named.get(_CLASSES, frozenset())
    handed_over = [
        replace(known, teacher_id=teacher_id)
        for source_id, teacher_id in teachers.items()
        if source_id not in named and isinstance(known := opened.find(Entity.SECTION, own_id(source_id)), Section)
    ]
    return (*(section for section in found if section), *handed_over)


def _section(
    opened: RosterSet, row: Row, teachers: Mapping[str, str], years: Mapping[str, int], schools: set[str]
) -> Section | None:
    cells = opened.cells(_CLASSES)
    own = cells.id(row, "sourcedId")
    known = opened.find(Entity.SECTION, own)
    before = known if isinstance(known, Section) else None
    if row["schoolSourcedId"]:
        schools.add(row["schoolSourcedId"])
        if len(schools) > 1:
            cells.refuse(row, "schoolSourcedId", "several_schools")
    if row["courseSourcedId"] and not opened.leads(_COURSES, row["courseSourcedId"], Entity.COURSE):
        cells.refuse(row, "courseSourcedId", "exists")
    teacher_id = teachers.get(row["sourcedId"]) or (before.teacher_id if before else "")
    if not teacher_id:
        cells.refuse(row, "sourcedId", "no_teacher")
    return made(
        Section,
        cells,
        row,
        {"name": "title"},
        section_id=own,
        course_id=cells.id(row, "courseSourcedId"),
        school_year=_year_of(opened, row, years, before) or "",
        name=cells.text(row, "title"),
        teacher_id=teacher_id,
    )


def _year_of(opened: RosterSet, row: Row, years: Mapping[str, int], before: Section | None) -> int | None:
    """The school year of a class: that of its terms."""
    cells, found = opened.cells(_CLASSES), set()
    terms = [term.strip() for term in row["termSourcedIds"].split(",") if term.strip()]
    if not terms:
        cells.refuse(row, "termSourcedIds", "required")
        return None
    for term in terms:
        if term in years:
            found.add(years[term])
        elif term in opened.named.get(_SESSIONS, ()):
            return None  # it has no day, which was told there
        elif opened.is_whole(_SESSIONS) or before is None:
            cells.refuse(row, "termSourcedIds", "exists")
            return None
    if not found and before:
        return before.school_year
    if len(found) != 1:
        cells.refuse(row, "termSourcedIds", "school_year")
        return None
    return found.pop()


def _years(opened: RosterSet) -> dict[str, int]:
    """The calendar year in which the school year of each session starts: that of the school year it is a part of."""
    cells = opened.cells(_SESSIONS)
    rows = {row["sourcedId"]: row for row in opened.rows(_SESSIONS)}
    starts: dict[str, date] = {}
    for name, row in rows.items():
        if day := cells.day(row, "startDate"):
            starts[name] = day
        elif not row["startDate"]:
            cells.refuse(row, "startDate", "required")
        if row["parentSourcedId"] and row["parentSourcedId"] not in rows and opened.is_whole(_SESSIONS):
            cells.refuse(row, "parentSourcedId", "exists")
    tops = {name: _top_of(name, rows) for name in rows}
    return {name: starts[top].year for name, top in tops.items() if top in starts}


def _top_of(name: str, rows: Mapping[str, Row]) -> str:
    """The school year that a session is a part of, or the last of its parents that is there."""
    for _step in range(_MOST_PARENTS):
        row = rows[name]
        if row["type"].casefold() == _SCHOOL_YEAR or row["parentSourcedId"] not in rows:
            break
        name = row["parentSourcedId"]
    return name
