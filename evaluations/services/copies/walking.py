"""The whole roster, unit by unit, for a first copy: the listings do not show all of it.

The units: the school with its courses, teachers and sections; its students, 100 at a time; each section's enrolments. A
unit's text is kept in a reader's cursor. What changes during the walk is told behind it, as any change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from edu.tenancy import current_school_id
from evaluations.domain.copies import CopiedKind, CopiedName
from evaluations.repository import roster

if TYPE_CHECKING:
    from collections.abc import Iterable

FIRST: Final = "school"
_STUDENTS, _SECTION = "students:", "section:"
_STUDENTS_A_UNIT = 100


def names_of_unit(unit: str) -> tuple[list[CopiedName], str]:
    """The records of a unit, and the unit behind it (empty: it was the last). Up to three queries, a moment behind."""
    if unit == FIRST:
        school = [CopiedName(CopiedKind.SCHOOL, (current_school_id(),))]
        courses = _names(CopiedKind.COURSE, (course.course_id for course in roster.list_courses()))
        teachers = _names(CopiedKind.TEACHER, (teacher.teacher_id for teacher in roster.list_teachers()))
        return [*school, *courses, *teachers, *_names(CopiedKind.SECTION, _section_ids())], _STUDENTS
    if unit.startswith(_STUDENTS):
        ids = roster.list_student_ids(after=unit.removeprefix(_STUDENTS), limit=_STUDENTS_A_UNIT)
        following = _STUDENTS + ids[-1] if len(ids) == _STUDENTS_A_UNIT else _section_after("")
        return _names(CopiedKind.STUDENT, ids), following
    section_id = unit.removeprefix(_SECTION)
    enrolled = roster.list_enrolments(section_id)
    names = [CopiedName(CopiedKind.ENROLMENT, (section_id, enrolment.student_id)) for enrolment in enrolled]
    return names, _section_after(section_id)


def _section_after(section_id: str) -> str:
    following = min((one for one in _section_ids() if one > section_id), default="")
    return _SECTION + following if following else ""


def _section_ids() -> list[str]:
    return [section.section_id for section in roster.list_sections()]


def _names(kind: CopiedKind, ids: Iterable[str]) -> list[CopiedName]:
    return [CopiedName(kind, (one,)) for one in ids]
