"""All that a school has, for who makes an export of it: read piece by piece, in an order that is the same each time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from edu.identity.capabilities import require
from evaluations.domain.school import Course, Enrolment, School, Section, Student, Teacher
from evaluations.permissions import TAKE_ALONG
from evaluations.repository import roster, school_profile, stored_evaluations, stored_scores

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edu.identity.principal import Principal
    from evaluations.domain.evaluation import Evaluation, Score

_STUDENTS_A_READ: Final = 100
_PAGE: Final = 500


@dataclass(frozen=True)
class WholeRoster:
    """A school's record and its people, each kind by id; who is in which section, ``list_places`` says of each."""

    school: School
    courses: tuple[Course, ...]
    teachers: tuple[Teacher, ...]
    sections: tuple[Section, ...]
    students: tuple[Student, ...]


@dataclass(frozen=True)
class SectionPlaces:
    """Who is in a section and who was, by student and first day."""

    standing: tuple[Enrolment, ...]
    past: tuple[Enrolment, ...]


def read_whole_roster(*, actor: Principal) -> WholeRoster:
    """Everybody of the school in scope. A query for each kind, and two calls for each 100 students; a moment behind.

    Raises:
        ForbiddenError: the actor may not.
        NotFoundError: the school has no record.
    """
    require(actor, TAKE_ALONG)
    return WholeRoster(
        school=school_profile.get_school(),
        courses=tuple(roster.list_courses()),
        teachers=tuple(roster.list_teachers()),
        sections=tuple(roster.list_sections(consistent=True)),
        students=tuple(_students()),
    )


def read_section_places(*, actor: Principal, section_id: str) -> SectionPlaces:
    """Who is in a section of the school and who was. Two queries, strongly consistent. ``ForbiddenError``."""
    require(actor, TAKE_ALONG)
    standing = roster.list_enrolments(section_id, consistent=True)
    past = roster.list_past_enrolments(section_id)
    return SectionPlaces(tuple(sorted(standing, key=_place)), tuple(sorted(past, key=_place)))


def iterate_graded(*, actor: Principal, section_id: str) -> Iterator[tuple[Evaluation, list[Score]]]:
    """A section's evaluations by id, cancelled ones among them, each with its scores by student: a query for each.

    The section's evaluations are held at once, the scores of one. ``ForbiddenError``, before the first.
    """
    require(actor, TAKE_ALONG)
    return _graded(section_id)


def _graded(section_id: str) -> Iterator[tuple[Evaluation, list[Score]]]:
    for evaluation in sorted(_evaluations(section_id), key=lambda one: one.evaluation_id):
        scores = stored_scores.list_scores(evaluation.evaluation_id)
        yield evaluation, sorted(scores, key=lambda score: score.student_id)


def _evaluations(section_id: str) -> Iterator[Evaluation]:
    cursor = None
    while True:
        page = stored_evaluations.list_of_section(section_id, cursor=cursor, limit=_PAGE)
        yield from page.items
        cursor = page.cursor
        if cursor is None:
            return


def _students() -> Iterator[Student]:
    after = ""
    while ids := roster.list_student_ids(after=after, limit=_STUDENTS_A_READ):
        yield from sorted(roster.get_students(ids), key=lambda student: student.student_id)
        after = ids[-1]


def _place(enrolment: Enrolment) -> tuple[str, str, str]:
    return enrolment.student_id, str(enrolment.starts_on or ""), str(enrolment.ends_on or "")
