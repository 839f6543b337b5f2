"""What the government sync needs of evaluations: which grades it must receive, and that it has received them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evaluations.domain.evaluation import Score, ScoreState
from evaluations.repository import grades, roster
from evaluations.repository.grades import PendingScore

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from edu.dynamo.transactions import Transaction


@dataclass(frozen=True)
class GovernmentGrade:
    """One grade as the government receives it. ``version`` tells a correction from its predecessor."""

    evaluation_id: str
    student_id: str
    course_id: str
    term_id: str
    state: ScoreState
    value: str | None
    version: int


def list_pending_grades(*, term_id: str, limit: int) -> list[GovernmentGrade]:
    """Up to ``limit`` grades of the term that the government has not acknowledged, in a stable order."""
    marks = grades.list_pending(term_id, limit=limit)
    scores = grades.get_scores([(mark.evaluation_id, mark.student_id) for mark in marks])
    return [_as_grade(score) for score in sorted(scores, key=_canonical_position)]


def list_term_grades(*, term_id: str) -> list[GovernmentGrade]:
    """Every grade of the term, acknowledged or not, in a stable order: what reconciliation compares.

    Read from the scores themselves, section by section, so that it proves more than the sync's own bookkeeping. An
    evaluation set in the last moments may still be missing (its grades are then pending); the scores are consistent.
    """
    found = [
        _as_grade(score)
        for section in roster.list_sections()
        for evaluation_id in _evaluations_of_term(section.section_id, term_id)
        for score in grades.list_scores(evaluation_id)
    ]
    return sorted(found, key=lambda grade: (grade.evaluation_id, grade.student_id))


def acknowledge_grades(transaction: Transaction, acknowledged: Iterable[GovernmentGrade]) -> list[int]:
    """Clear the marks of grades the government holds, in the caller's transaction: one action a grade, in order.

    A newer version's mark stays: it fails the transaction at that grade's position, and the caller leaves the grade
    out. Returns the positions.
    """
    return [
        grades.clear_pending(
            transaction, PendingScore(grade.evaluation_id, grade.student_id, grade.term_id, grade.version)
        )
        for grade in acknowledged
    ]


def _evaluations_of_term(section_id: str, term_id: str) -> Iterator[str]:
    cursor: str | None = None
    while True:
        page = grades.list_evaluations(section_id, cursor=cursor)
        yield from (evaluation.evaluation_id for evaluation in page.evaluations if evaluation.term_id == term_id)
        cursor = page.cursor
        if cursor is None:
            return


def _as_grade(score: Score) -> GovernmentGrade:
    return GovernmentGrade(
        score.evaluation_id,
        score.student_id,
        score.course_id,
        score.term_id,
        score.state,
        score.value,
        score.version,
    )


def _canonical_position(score: Score) -> tuple[str, str]:
    return (score.evaluation_id, score.student_id)
