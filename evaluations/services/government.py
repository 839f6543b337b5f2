"""What the government sync needs of evaluations: which grades it must receive, and that it has received them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from evaluations.domain.evaluation import Score, ScoreState
from evaluations.repository import pending_scores, roster, sources, stored_scores
from evaluations.repository.pending_scores import PendingScore

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from edu.dynamo.transactions import Transaction

# evaluation, student and version
GradeAtVersion = tuple[str, str, int]


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
    recorded_at: datetime


def list_pending_grades(*, term_id: str, limit: int, until: datetime | None = None) -> list[GovernmentGrade]:
    """The first ``limit`` grades of the term that the government has not acknowledged, in a stable order.

    Without those recorded or corrected after ``until``.
    """
    found: list[GovernmentGrade] = []
    for grades in iterate_pending_grades(term_id=term_id, until=until):
        found += grades
        if len(found) >= limit:
            break
    return found[:limit]


def iterate_pending_grades(*, term_id: str, until: datetime | None = None) -> Iterator[list[GovernmentGrade]]:
    """All grades of the term that the government has not acknowledged, some at a time, in a stable order.

    Without those recorded or corrected after ``until``. One query and one read of scores for each lot; strongly
    consistent.
    """
    for marks in pending_scores.iterate_pending(term_id):
        scores = stored_scores.get_scores([(mark.evaluation_id, mark.student_id) for mark in marks])
        of_time = [score for score in scores if until is None or score.recorded_at <= until]
        yield [_as_grade(score) for score in sorted(of_time, key=_canonical_position)]


def list_pending_marks(*, term_id: str, limit: int) -> list[GradeAtVersion]:
    """Evaluation, student and version of up to ``limit`` grades that the government has not acknowledged.

    Strongly consistent; a query for each some thousands of them.
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


def list_graded_evaluations(names: Iterable[tuple[str, str]]) -> set[str]:
    """The evaluations that the school in scope has a score of, among (evaluation id, student id) pairs.

    Strongly consistent; a read for each hundred pairs.
    """
    return {score.evaluation_id for score in stored_scores.get_scores(list(dict.fromkeys(names)))}


def acknowledge_grades(transaction: Transaction, term_id: str, grades: Iterable[GradeAtVersion]) -> None:
    """Clear the marks of grades the government holds, in the caller's transaction: one action a grade.

    A newer version's mark stays: it fails the transaction under (evaluation id, student id), and the caller leaves the
    grade out.
    """
    for evaluation_id, student_id, version in grades:
        pending_scores.clear_pending(transaction, PendingScore(evaluation_id, student_id, term_id, version))


def mark_pending_again(transaction: Transaction, term_id: str, grade: GradeAtVersion) -> None:
    """Mark a grade, which the government has lost, as one it must receive.

    In the caller's transaction: one action. A mark that is there already, of a correction perhaps, fails it under
    (evaluation id, student id), and the caller leaves the grade out.
    """
    evaluation_id, student_id, version = grade
    pending_scores.restore_pending(transaction, PendingScore(evaluation_id, student_id, term_id, version))


def _as_grade(score: Score) -> GovernmentGrade:
    return GovernmentGrade(
        score.evaluation_id,
        score.student_id,
        score.course_id,
        score.term_id,
        score.state,
        score.value,
        score.version,
        score.recorded_at,
    )


def _canonical_position(score: Score) -> tuple[str, str]:
    return (score.evaluation_id, score.student_id)
