"""Reading evaluations and scores.

Auditors see that something was graded, changed or voided (evaluations, the audit trail), never a child's grade.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu.identity.capabilities import holds
from evaluations.errors import NotAssignedError
from evaluations.permissions import SEE_EVERY_SECTION, SEE_SCORES_ANYWHERE, TEACH
from evaluations.repository import (
    evaluation_versions,
    gradebook,
    roster,
    score_versions,
    stored_evaluations,
    stored_scores,
)
from evaluations.repository.limits import PAGE_SIZE
from evaluations.services.grading import access, evaluation_cache
from evaluations.services.school import school_cache

if TYPE_CHECKING:
    from collections.abc import Iterable

    from edu.dynamo.pages import Page
    from edu.identity.principal import Principal
    from evaluations.domain.evaluation import Evaluation, Score
    from evaluations.domain.evaluation_versions import EvaluationVersion
    from evaluations.domain.school import Section, Student
    from evaluations.domain.score_versions import ScoreVersion


def get_evaluation(*, actor: Principal, evaluation_id: str) -> Evaluation:
    """An evaluation the actor may see.

    Raises:
        NotFoundError: no such evaluation in this school.
        NotAssignedError: a teacher of another section asks.
    """
    evaluation = stored_evaluations.get_evaluation(evaluation_id)
    _require_reader(actor, evaluation.section_id)
    return evaluation


def list_evaluation_versions(
    *, actor: Principal, evaluation_id: str, cursor: str | None = None, limit: int = PAGE_SIZE
) -> Page[EvaluationVersion]:
    """An evaluation's history, newest first. Same errors as ``get_evaluation``; also ``InvalidCursorError``."""
    get_evaluation(actor=actor, evaluation_id=evaluation_id)
    return evaluation_versions.list_versions(evaluation_id, cursor=cursor, limit=limit)


def list_scores(*, actor: Principal, evaluation_id: str) -> list[Score]:
    """An evaluation's scores, by student id. Same errors as ``get_evaluation``, and auditors are none to see them."""
    evaluation = stored_evaluations.get_evaluation(evaluation_id)
    access.require_score_reader(actor, school_cache.get_section(evaluation.section_id))
    return stored_scores.list_scores(evaluation_id)


def get_score(*, actor: Principal, evaluation_id: str, student_id: str) -> Score:
    """One student's score. Same errors as ``list_scores``; also ``NotFoundError`` when none is recorded."""
    access.require_score_reader(
        actor, school_cache.get_section(evaluation_cache.get_stored(evaluation_id).evaluation.section_id)
    )
    return stored_scores.get_score(evaluation_id, student_id)


def list_score_versions(
    *, actor: Principal, evaluation_id: str, student_id: str, cursor: str | None = None, limit: int = PAGE_SIZE
) -> Page[ScoreVersion]:
    """A score's history, newest first. Same errors as ``get_score``; also ``InvalidCursorError``."""
    get_score(actor=actor, evaluation_id=evaluation_id, student_id=student_id)
    return score_versions.list_versions(evaluation_id, student_id, cursor=cursor, limit=limit)


def teachers_names(person_ids: Iterable[str]) -> dict[str, str]:
    """What the teachers among these people of the school are called, by id; one call to the table for up to 100.

    For who reads a history, which names its writers. It is no list of teachers: ask for people of a record just read.
    """
    teachers = roster.get_teachers({person_id for person_id in person_ids if person_id})
    return {teacher.teacher_id: f"{teacher.given_name} {teacher.family_name}" for teacher in teachers}


def students_names(student_ids: Iterable[str]) -> dict[str, str]:
    """What these students are called, family name first, by id; one call to the table for up to 100.

    For who reads a record that names them. It is no list of students: ask for those of a record just read.
    """
    students = roster.get_students(sorted(set(student_ids)))
    return {student.student_id: f"{student.family_name}, {student.given_name}" for student in students}


def courses_names() -> dict[str, str]:
    """What the school's courses are called, by id; one call to the table."""
    return {course.course_id: course.name for course in roster.list_courses()}


def list_student_scores(
    *, actor: Principal, student_id: str, term_id: str = "", cursor: str | None = None, limit: int = PAGE_SIZE
) -> Page[Score]:
    """A student's scores by term and evaluation: all for administrators, those of their own sections for teachers.

    A teacher's pages are filled with what they may see. Two calls to the table for an administrator and four for a
    teacher, and one more for each 250 scores of other sections that are passed over.

    Raises:
        NotFoundError: no such student in this school.
        NotAssignedError: a teacher asks who teaches the student nothing, or somebody who is neither.
        InvalidInputError: the school has no such term.
        InvalidCursorError: see ``edu.dynamo.cursors``.
    """
    roster.get_student(student_id)
    if term_id:
        school_cache.get_term(term_id)
    if holds(actor, SEE_SCORES_ANYWHERE):
        return stored_scores.list_of_student(student_id, term_id=term_id, cursor=cursor, limit=limit)
    taught = _sections_taught_to(student_id, actor)
    return stored_scores.list_of_student(student_id, term_id=term_id, sections=taught, cursor=cursor, limit=limit)


def require_own_student(*, actor: Principal, student_id: str) -> None:
    """Let an administrator, or who teaches the student something, see what is about the student.

    Raises:
        NotFoundError: no such student in this school.
        NotAssignedError: the actor is neither.
    """
    roster.get_student(student_id)
    if not holds(actor, SEE_SCORES_ANYWHERE):
        _sections_taught_to(student_id, actor)


def _sections_taught_to(student_id: str, actor: Principal) -> set[str]:
    if not holds(actor, TEACH) or not actor.person_id:
        raise NotAssignedError
    attended = [enrolment.section_id for enrolment in roster.list_attended(student_id)]
    taught = {section.section_id for section in roster.get_sections(attended) if access.teaches(actor, section)}
    if not taught:
        raise NotAssignedError
    return taught


def list_section_scores(
    *, actor: Principal, section_id: str, term_id: str, cursor: str | None = None, limit: int = PAGE_SIZE
) -> Page[Score]:
    """The scores of a section's students in a term: latest evaluation first, by student id.

    Two queries, a batch read for each 100 places that the page goes through, graded or not, and a query for each 50
    evaluations of other terms that it passes over.

    Raises:
        InvalidInputError: the school has no such term.
        NotFoundError: no such section in this school.
        NotAssignedError: neither its teacher nor an administrator asks.
        InvalidCursorError: see ``edu.dynamo.cursors``.
    """
    access.require_score_reader(actor, school_cache.get_section(section_id))
    school_cache.get_term(term_id)
    return gradebook.list_of_section(
        section_id,
        term_id=term_id,
        student_ids=[enrolment.student_id for enrolment in roster.list_enrolments(section_id)],
        limit=limit,
        cursor=cursor,
    )


def list_section_evaluations(
    *, actor: Principal, section_id: str, term_id: str = "", cursor: str | None = None, limit: int = PAGE_SIZE
) -> Page[Evaluation]:
    """A section's evaluations, of one term or of all, latest first.

    Raises:
        InvalidInputError: the school has no such term.
        NotFoundError: no such section in this school.
        NotAssignedError: a teacher of another section asks.
        InvalidCursorError: see ``edu.dynamo.cursors``.
    """
    _require_reader(actor, section_id)
    if term_id:
        school_cache.get_term(term_id)
    return stored_evaluations.list_of_section(section_id, term_id=term_id, cursor=cursor, limit=limit)


def list_sections(*, actor: Principal) -> list[Section]:
    """The sections the actor may see: a teacher's own, or all of the school's."""
    sections = roster.list_sections()
    if holds(actor, SEE_EVERY_SECTION):
        return sections
    return [section for section in sections if access.teaches(actor, section)]


def require_student(*, student_id: str) -> None:
    """Make sure that the school in scope has this student: one strongly consistent read.

    Raises:
        NotFoundError: it has none of this id.
    """
    roster.get_student(student_id)


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
    section = school_cache.get_section(section_id)
    if not holds(actor, SEE_EVERY_SECTION):
        access.require_teacher(actor, section)
