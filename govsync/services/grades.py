"""A grade in its two forms: as evaluations gives it (``GovernmentGrade``), and as it is sent and kept in a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evaluations.domain.evaluation import ScoreState
from evaluations.services import GovernmentGrade
from govsync.domain.grades import SubmittedGrade

if TYPE_CHECKING:
    from govsync.domain.runs import SyncRun


def as_submitted(grade: GovernmentGrade) -> SubmittedGrade:
    """A grade of evaluations as it goes to the government."""
    return SubmittedGrade(
        evaluation_id=grade.evaluation_id,
        student_id=grade.student_id,
        version=grade.version,
        course_id=grade.course_id,
        state=str(grade.state),
        value=grade.value,
    )


def as_acknowledged(grade: SubmittedGrade, run: SyncRun) -> GovernmentGrade:
    """A grade that the government holds as evaluations knows it, to have its pending mark cleared."""
    return GovernmentGrade(
        evaluation_id=grade.evaluation_id,
        student_id=grade.student_id,
        course_id=grade.course_id,
        term_id=run.term_id,
        state=ScoreState(grade.state),
        value=grade.value,
        version=grade.version,
    )
