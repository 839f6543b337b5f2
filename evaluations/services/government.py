"""What the government sync needs of evaluations: which grades it must receive, and that it has received them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evaluations.domain.evaluation import Score, ScoreState
from evaluations.repository import pending_scores, roster, sources, stored_scores
from evaluations.repository.pending_scores import PendingScore

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    marks = pending_scores.list_pending(term_id, limit=limit)
    scores = stored_scores.get_scores([(mark.evaluation_id, mark.student_id) for mark in marks])
    return [_as_grade(score) for score in sorted(scores, key=_canonical_position)]


def list_pending_marks(*, term_id: str, limit: int) -> list[tuple[str, str, int]]:
    """Evaluation, student and version of up to ``limit`` grades that the government has not acknowledged.

    One query, strongly consistent. ``limit`` is at most some thousands: the answer is a single page.
    """
    marks = pending_scores.list_pending(term_id, limit=limit)
    return [(mark.evaluation_id, mark.student_id, mark.score_version) for mark in marks]


def list_term_grades(*, term_id: str) -> list[GovernmentGrade]:
    """Every grade of the term once, acknowledged or not, in a stable order: what reconciliation compares.

    Read from the scores themselves, section by section, so that it proves more than the sync's own bookkeeping.
    Strongly consistent: each grade recorded before the call is there, whatever is edited during it. Two calls for each
    section and one query for each evaluation.
    """
    evaluation_ids = {
        evaluation_id
        for section in roster.list_sections(consistent=True)
        for evaluation_id in sources.list_known_ids(term_id, section.section_id)
    }
    found = [score for evaluation_id in evaluation_ids for score in stored_scores.list_scores(evaluation_id)]
    return [_as_grade(score) for score in sorted(found, key=_canonical_position)]


def acknowledge_grades(transaction: Transaction, acknowledged: Iterable[GovernmentGrade]) -> None:
    """Clear the marks of grades the government holds, in the caller's transaction: one action a grade.

    A newer version's mark stays: it fails the transaction under (evaluation id, student id), and the caller leaves the
    grade out.
    """
    for grade in acknowledged:
        pending = PendingScore(grade.evaluation_id, grade.student_id, grade.term_id, grade.version)
        pending_scores.clear_pending(transaction, pending)


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
