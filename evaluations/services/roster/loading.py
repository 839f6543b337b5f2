"""A whole school from records that are at hand: its own record, its people, and its place on the platform's list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu.schools import RegisteredSchool, register_school
from edu.tenancy import enter_school
from evaluations.domain.roster import RosterContent
from evaluations.repository import roster_imports, roster_records
from evaluations.services.roster.advancing import advance_import
from evaluations.services.roster.previewing import compare_content
from evaluations.services.roster.starting import start_import
from evaluations.services.school.record_import import import_record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edu.identity.principal import Principal
    from evaluations.domain.school import Course, Enrolment, School, Section, Student, Teacher
    from evaluations.services.roster.previewing import Preview


def import_school(
    *,
    actor: Principal,
    school: School,
    courses: Iterable[Course] = (),
    teachers: Iterable[Teacher] = (),
    sections: Iterable[Section] = (),
    students: Iterable[Student] = (),
    enrolments: Iterable[Enrolment] = (),
) -> None:
    """Write a school with its people, to the end and without a hold, and put it on the platform's list. Idempotent.

    The people are an import like any other: nothing ends because it is not given, but for the enrolment of a student
    who is given in another section of the same course and year. Enters the school's scope by itself. A school is listed
    only when all its items stand. See ``import_record`` for the school's own record and its errors.

    Raises:
        InvalidInputError, ScaleInUseError, ClosedTermPolicyError: see ``import_record``. Nothing was written.
        ImportRunningError, PreviewOutdatedError: another import of this school runs; run it again.
        StoreUnavailableError: the table is throttled; run it again.
    """
    content = RosterContent(
        courses=tuple(courses),
        teachers=tuple(teachers),
        sections=tuple(sections),
        students=tuple(students),
        enrolments=tuple(enrolments),
    )
    with enter_school(school.school_id):
        import_record(actor=actor, school=school)
        if running := roster_imports.get_head().running:  # this one's, killed before its end, or another's
            _go_on_with(running)
        preview = _compared(content)
        if preview.comparison.changes:
            _go_on_with(start_import(actor=actor, preview=preview, hold=False).import_id)
    register_school(RegisteredSchool(school.school_id, school.country, school.time_zone))


def _compared(content: RosterContent) -> Preview:
    seen = roster_imports.get_head()  # before the roster: what is written in between is then noticed
    return compare_content(content, roster_records.read_roster(), seen)


def _go_on_with(import_id: str) -> None:
    while advance_import(import_id=import_id).more:
        pass
