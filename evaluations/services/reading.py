"""Reading evaluations and scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu.identity.principal import Principal, Role
from evaluations.repository import grades, roster
from evaluations.services import rules

if TYPE_CHECKING:
    from evaluations.domain.evaluation import Evaluation, Score
    from evaluations.domain.school import Section, Student
    from evaluations.repository.grades import EvaluationPage


def get_evaluation(*, actor: Principal, evaluation_id: str) -> Evaluation:
    """An evaluation the actor may see.

    Raises:
        NotFoundError: no such evaluation in this school.
        NotAssignedError: a teacher of another section asks.
    """
    evaluation = grades.get_evaluation(evaluation_id)
    _require_reader(actor, evaluation.section_id)
    return evaluation


def list_scores(*, actor: Principal, evaluation_id: str) -> list[Score]:
    """An evaluation's scores, by student id. Same errors as ``get_evaluation``."""
    get_evaluation(actor=actor, evaluation_id=evaluation_id)
    return grades.list_scores(evaluation_id)


def get_score(*, actor: Principal, evaluation_id: str, student_id: str) -> Score:
    """One student's score. Same errors as ``get_evaluation``; also ``NotFoundError`` when none is recorded."""
    score = grades.get_score(evaluation_id, student_id)
    _require_reader(actor, score.section_id)
    return score


def list_section_evaluations(*, actor: Principal, section_id: str, cursor: str | None = None) -> EvaluationPage:
    """A section's evaluations, latest first.

    Raises:
        NotFoundError: no such section in this school.
        NotAssignedError: a teacher of another section asks.
        InvalidCursorError: see ``edu.dynamo.cursors``.
    """
    _require_reader(actor, section_id)
    return grades.list_evaluations(section_id, cursor=cursor)


def list_sections(*, actor: Principal) -> list[Section]:
    """The sections the actor may see: a teacher's own, or all of the school's."""
    sections = roster.list_sections()
    if actor.role is Role.TEACHER:
        return [section for section in sections if section.teacher_id == actor.person_id]
    return sections


def list_section_students(*, actor: Principal, section_id: str) -> list[Student]:
    """Who is in a section, by family name as a Spanish list sorts it. Two calls to the table for up to 100 students.

    Raises:
        NotFoundError: no such section in this school.
        NotAssignedError: a teacher of another section asks.
    """
    _require_reader(actor, section_id)
    enrolled = roster.list_enrolments(section_id)
    students = roster.get_students(enrolment.student_id for enrolment in enrolled)
    return sorted(students, key=lambda s: (roster.folded(f"{s.family_name} {s.given_name}"), s.student_id))


def _require_reader(actor: Principal, section_id: str) -> None:
    section = rules.get_section(section_id)
    if actor.role is not Role.AUDITOR:
        rules.require_writer(actor, section)
