"""A school whose calendar goes on: the same people, changed profiles, further years."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from edu.identity.principal import Principal, Role
from evaluations import services
from evaluations.domain.evaluation import EvaluationKind, ScoreState
from evaluations.domain.school import Enrolment, School, Section, Term
from tests.support.cloud import acting_as
from tests.support.schools import OPEN_TERM

if TYPE_CHECKING:
    from tests.support.schools import TestSchool

NEXT_TERM, NEXT_SECTION = "term-next", "mat-6a"
_NOBODY: dict[str, Any] = {"courses": [], "teachers": [], "sections": [], "students": [], "enrolments": []}


def import_again(school: School, **parts: Any) -> None:
    """Import a profile with the given people, and nobody else."""
    with acting_as("worker"):
        actor = Principal("import", Role.SCHOOL_ADMIN, school.school_id)
        services.import_school(actor=actor, school=school, **{**_NOBODY, **parts})


def open_term(school: School) -> Term:
    """The term that teachers grade in."""
    return next(term for term in school.terms if term.term_id == OPEN_TERM)


def term_of_next_year(school: School) -> Term:
    """A term of the following school year, which begins today."""
    today = open_term(school).starts_on + timedelta(days=20)
    return Term(
        term_id=NEXT_TERM,
        name="Siguiente",
        starts_on=today,
        ends_on=today + timedelta(days=60),
        closed=False,
        school_year=2027,
    )


def cut_short(school: School) -> School:
    """The school with its last term ended yesterday."""
    closed, current = school.terms
    return replace(school, terms=(closed, replace(current, ends_on=current.starts_on + timedelta(days=19))))


def begin_next_year(school: TestSchool) -> None:
    """The first student is in ``mat-6a`` of the year that begins today, taught by the same teacher."""
    standing = cut_short(school.school)
    section = Section(
        section_id=NEXT_SECTION, course_id="mat-5", school_year=2027, name="6º A Matemática", teacher_id="teacher-1"
    )
    import_again(
        replace(standing, terms=(*standing.terms, term_of_next_year(school.school))),
        sections=[section],
        enrolments=[Enrolment(section_id=NEXT_SECTION, student_id=school.students[0].student_id)],
    )


def grade_next_year(school: TestSchool, value: str) -> None:
    """The first student's only grade of the year that begins today."""
    evaluation = services.create_evaluation(
        actor=school.teacher,
        section_id=NEXT_SECTION,
        term_id=NEXT_TERM,
        kind=EvaluationKind.EXAM,
        title="Prueba",
        weight=Decimal(100),
        held_on=term_of_next_year(school.school).starts_on,
    )
    services.record_score(
        actor=school.teacher,
        evaluation_id=evaluation.evaluation_id,
        student_id=school.students[0].student_id,
        state=ScoreState.RECORDED,
        value=value,
    )
