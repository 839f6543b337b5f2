"""What the government sync needs of evaluations: which grades it must receive, and that it has received them.

The rule: a score of a cancelled evaluation is told with the state ``cancelled`` and no value, one of a formative
evaluation not at all, and any other as it is. What is told has a number of its own (``domain.told_versions``). The
evaluation is read before its scores, so what is put together of the two may be older than either, and never has
another's number. Nothing here goes by what a process remembers.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from edu.dynamo.errors import ConditionFailedError
from evaluations.domain.evaluation import Evaluation, Score, ScoreState
from evaluations.domain.told_versions import ToldVersion
from evaluations.repository import pending_scores, roster, sources, stored_evaluations, stored_scores
from evaluations.repository.pending_scores import PendingScore

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from edu.dynamo.transactions import Transaction

# evaluation, student and the version that is told
GradeAtVersion = tuple[str, str, int]
ToldState = ScoreState | Literal["cancelled"]


@dataclass(frozen=True)
class GovernmentGrade:
    """One grade as the government receives it. ``version`` tells each change of it from its predecessor.

    ``recorded_at``: since when it is so: recorded, corrected, or its evaluation cancelled or reinstated.
    """

    evaluation_id: str
    student_id: str
    course_id: str
    term_id: str
    state: ToldState
    value: str | None
    version: int
    recorded_at: datetime


def list_pending_grades(*, term_id: str, limit: int, until: datetime | None = None) -> list[GovernmentGrade]:
    """The first ``limit`` grades of the term that the government has not acknowledged, in a stable order.

    Without those that changed after ``until``.
    """
    found: list[GovernmentGrade] = []
    for grades in iterate_pending_grades(term_id=term_id, until=until):
        found += grades
        if len(found) >= limit:
            break
    return found[:limit]


def iterate_pending_grades(*, term_id: str, until: datetime | None = None) -> Iterator[list[GovernmentGrade]]:
    """All grades of the term that the government has not acknowledged, some at a time, in a stable order.

    Without those that changed after ``until``. One query before the first lot; one query, one read of evaluations and
    one of scores for each; strongly consistent. The marks of evaluations that were cancelled or reinstated are spread
    over their scores first: a query for each, and a transaction for each 99 scores.
    """
    for pending in pending_scores.list_pending_evaluations(term_id):
        with suppress(ConditionFailedError):  # somebody else has, or it was cancelled or reinstated once more
            pending_scores.spread(pending, _list_told(pending.evaluation_id))
    for marks in pending_scores.iterate_pending(term_id):
        evaluations = stored_evaluations.get_evaluations(mark.evaluation_id for mark in marks)
        scores = stored_scores.get_every_score([(mark.evaluation_id, mark.student_id) for mark in marks])
        grades = [_as_grade(score, evaluations) for score in sorted(scores, key=_canonical_position)]
        yield [grade for grade in grades if until is None or grade.recorded_at <= until]


def list_pending_marks(*, term_id: str, limit: int) -> list[GradeAtVersion]:
    """Evaluation, student and version of up to ``limit`` grades that the government has not acknowledged.

    Strongly consistent; one query, one for each evaluation that was cancelled or reinstated since the government was
    last told of its grades, one for each some thousands of marks, and a read for each hundred evaluations.
    """
    versions: dict[tuple[str, str], int] = {}
    for pending in pending_scores.list_pending_evaluations(term_id):
        found = _list_told(pending.evaluation_id)
        versions |= {_canonical_position(score): score.version for score in found}
    for mark in pending_scores.list_pending(term_id, limit=limit):
        versions[mark.evaluation_id, mark.student_id] = mark.score_version
    evaluations = stored_evaluations.get_evaluations(evaluation_id for evaluation_id, _ in versions)
    marks = [(*name, _told(evaluations.get(name[0]), version).number) for name, version in sorted(versions.items())]
    return marks[:limit]


def list_term_grades(*, term_id: str) -> list[GovernmentGrade]:
    """Every grade of the term once, acknowledged or not, in a stable order: what reconciliation compares.

    Read from the scores themselves, section by section, so that it proves more than the sync's own bookkeeping.
    Strongly consistent: each grade recorded before the call is there, whatever is edited during it. Two calls for each
    section, a read for each hundred evaluations and one query for each.
    """
    evaluation_ids = {
        evaluation_id
        for section in roster.list_sections(consistent=True)
        for evaluation_id in sources.list_known_ids(term_id, section.section_id)
    }
    evaluations = stored_evaluations.get_evaluations(evaluation_ids)
    found = [score for evaluation_id in evaluation_ids for score in _list_told(evaluation_id)]
    return [_as_grade(score, evaluations) for score in sorted(found, key=_canonical_position)]


def list_graded_evaluations(names: Iterable[tuple[str, str]]) -> set[str]:
    """The evaluations that the school in scope has a score of, among (evaluation id, student id) pairs.

    Strongly consistent; a read for each hundred pairs.
    """
    return {score.evaluation_id for score in stored_scores.get_every_score(list(dict.fromkeys(names)))}


def acknowledge_grades(transaction: Transaction, term_id: str, grades: Iterable[GradeAtVersion]) -> None:
    """Clear the marks of grades the government holds, in the caller's transaction: one action a grade.

    The mark of what came later stays: it fails the transaction under (evaluation id, student id), and the caller leaves
    the grade out.
    """
    for grade in grades:
        pending_scores.clear_pending(transaction, _as_mark(term_id, grade))


def mark_pending_again(transaction: Transaction, term_id: str, grade: GradeAtVersion) -> None:
    """Mark a grade, which the government has lost, as one it must receive.

    In the caller's transaction: one action. A mark that is there already, of a correction perhaps, fails it under
    (evaluation id, student id), and the caller leaves the grade out.
    """
    pending_scores.restore_pending(transaction, _as_mark(term_id, grade))


def _list_told(evaluation_id: str) -> list[Score]:
    """An evaluation's scores that the government is told of: none if it was made formative after it was marked."""
    return [score for score in stored_scores.list_every_score(evaluation_id) if score.is_told]


def _as_mark(term_id: str, grade: GradeAtVersion) -> PendingScore:
    evaluation_id, student_id, version = grade
    told = ToldVersion.of_number(version)
    return PendingScore(evaluation_id, student_id, term_id, told.score_version, told.standing_changes or None)


def _as_grade(score: Score, evaluations: dict[str, Evaluation]) -> GovernmentGrade:
    """The grade of a score, by its evaluation as it was before the score was read."""
    evaluation = evaluations.get(score.evaluation_id)
    is_cancelled = evaluation is not None and evaluation.cancelled
    changed_at = evaluation.standing_changed_at if evaluation else None
    return GovernmentGrade(
        score.evaluation_id,
        score.student_id,
        score.course_id,
        score.term_id,
        "cancelled" if is_cancelled else score.state,
        None if is_cancelled else score.value,
        _told(evaluation, score.version).number,
        max(score.recorded_at, changed_at) if changed_at else score.recorded_at,
    )


def _told(evaluation: Evaluation | None, score_version: int) -> ToldVersion:
    return ToldVersion((evaluation.standing_changes if evaluation else None) or 0, score_version)


def _canonical_position(score: Score) -> tuple[str, str]:
    return (score.evaluation_id, score.student_id)
