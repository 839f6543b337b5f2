"""A grade as evaluations gives it (``GovernmentGrade``), in the form in which it is sent and kept in a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from govsync.domain.grades import SubmittedGrade

if TYPE_CHECKING:
    from evaluations.services import GovernmentGrade


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
