"""Evaluations and scores of a test school, written as teachers write them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from evaluations import services
from evaluations.domain.evaluation import EvaluationKind, Score, ScoreState
from tests.support.schools import OPEN_TERM

if TYPE_CHECKING:
    from edu.identity.principal import Principal
    from tests.support.schools import TestSchool

SECTION = "mat-5a"


def set_evaluation(school: TestSchool, weight: str = "50", *, section_id: str = SECTION) -> str:
    """A new evaluation's id."""
    term = next(term for term in school.school.terms if term.term_id == OPEN_TERM)
    return services.create_evaluation(
        actor=_teacher_of(school, section_id),
        section_id=section_id,
        term_id=OPEN_TERM,
        kind=EvaluationKind.EXAM,
        title="Prueba",
        weight=Decimal(weight),
        held_on=term.starts_on,
    ).evaluation_id


def record(
    school: TestSchool, evaluation_id: str, value: str | ScoreState, *, student: int = 0, section_id: str = SECTION
) -> Score:
    """A student's first score, or a state without one."""
    state = value if isinstance(value, ScoreState) else ScoreState.RECORDED
    return services.record_score(
        actor=_teacher_of(school, section_id),
        evaluation_id=evaluation_id,
        student_id=school.students[student].student_id,
        state=state,
        value=None if isinstance(value, ScoreState) else value,
    )


def correct(school: TestSchool, score: Score, value: str) -> Score:
    """The score's next version."""
    return services.correct_score(
        actor=_teacher_of(school, score.section_id),
        evaluation_id=score.evaluation_id,
        student_id=score.student_id,
        version=score.version,
        state=ScoreState.RECORDED,
        value=value,
        reason="error de suma",
    )


def _teacher_of(school: TestSchool, section_id: str) -> Principal:
    return school.teacher if section_id == SECTION else school.colleague
