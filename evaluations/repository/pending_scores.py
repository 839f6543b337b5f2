"""Marks of what the government has yet to be told: a score by itself, or all scores of an evaluation.

    SCHOOL#<id>#PENDING#<term>             <evaluation>#<student>
    SCHOOL#<id>#PENDING_EVALUATION#<term>  <evaluation>

What the government is told of a score follows from the score and from whether its evaluation is cancelled, so its mark
has two parts, each with a writer of its own: ``score_version`` is set by every write of the score, and
``standing_changes`` (none: any will do) when the evaluation was cancelled or reinstated. Neither writer touches the
other's part, and an acknowledgement removes the mark only if it is of both parts as they stand or later. So a
correction by a process that does not know of the cancellation takes nothing from it, nor the reverse.

Cancelling marks the evaluation, in one action whatever the number of its scores; whoever reads what is pending spreads
that over the scores first (``spread``). The evaluation's mark is to be read before the scores' own, and goes with the
last of them that is put: so it is never seen that there are neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from edu.dynamo import table
from edu.dynamo.keys import Key, joined, school_partition
from edu.dynamo.mapping import from_attributes, to_attributes
from edu.dynamo.transactions import ALWAYS, MAX_ACTIONS, NOT_THERE, Condition, Transaction

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edu.dynamo.mapping import Attributes
    from evaluations.domain.evaluation import Evaluation, Score

LOT = 100  # marks read at once: a batch of the sync's and some more
_NAMED = "SET entity = :entity, evaluation_id = :evaluation_id, student_id = :student_id, term_id = :term_id"
_OF_SCORE = f"{_NAMED}, score_version = :version"
_OF_STANDING = f"{_NAMED}, standing_changes = :standing, score_version = if_not_exists(score_version, :version)"


@dataclass(frozen=True)
class PendingScore:
    """A score, at one version, that the government has yet to acknowledge, since its evaluation's last change too.

    ``standing_changes`` is ``None`` where the evaluation had not changed its standing when the mark was put.
    """

    evaluation_id: str
    student_id: str
    term_id: str
    score_version: int
    standing_changes: int | None = None


@dataclass(frozen=True)
class PendingEvaluation:
    """An evaluation that was cancelled or reinstated, for the so-manieth time: the government is told of each score."""

    evaluation_id: str
    term_id: str
    standing_changes: int


def add_pending(transaction: Transaction, score: Score) -> None:
    """Mark the score, at its version, as one the government must receive. For every write of a score."""
    pending = PendingScore(score.evaluation_id, score.student_id, score.term_id, score.version)
    transaction.update(_key(pending), _OF_SCORE, {**_names(pending), ":version": score.version})


def add_pending_evaluation(transaction: Transaction, evaluation: Evaluation) -> None:
    """Mark all scores of the evaluation. For every change of its standing, in its transaction."""
    pending = PendingEvaluation(evaluation.evaluation_id, evaluation.term_id, evaluation.standing_changes or 0)
    item = {**_evaluation_key(pending).as_attributes(), "entity": "pending_evaluation", **to_attributes(pending)}
    transaction.put(item, ALWAYS)


def restore_pending(transaction: Transaction, pending: PendingScore) -> None:
    """Put a mark back that was cleared. Where there is one, the action goes by evaluation and student."""
    item = {**_key(pending).as_attributes(), "entity": "pending_score", **to_attributes(pending)}
    transaction.put(item, NOT_THERE, name=(pending.evaluation_id, pending.student_id))


def iterate_pending(term_id: str) -> Iterator[list[PendingScore]]:
    """All scores' own marks of a term, some at a time. Strongly consistent; what is marked meanwhile may be missed."""
    query = table.Query(school_partition("PENDING", term_id), consistent=True, limit=LOT)
    cursor: str | None = None
    while True:
        page = table.query_page(query, cursor=cursor)
        yield [from_attributes(PendingScore, item) for item in page.items]
        cursor = page.cursor
        if cursor is None:
            return


def list_pending(term_id: str, *, limit: int) -> list[PendingScore]:
    """The first ``limit`` scores' own marks of a term. Strongly consistent; a query for each megabyte of them."""
    query = table.Query(school_partition("PENDING", term_id), consistent=True, limit=limit)
    return [from_attributes(PendingScore, item) for item in islice(table.query_all(query), limit)]


def list_pending_evaluations(term_id: str) -> list[PendingEvaluation]:
    """The marks of whole evaluations of a term. Strongly consistent; to be read before the scores' own."""
    query = table.Query(school_partition("PENDING_EVALUATION", term_id), consistent=True)
    return [from_attributes(PendingEvaluation, item) for item in table.query_all(query)]


def spread(pending: PendingEvaluation, scores: Sequence[Score]) -> None:
    """Put a mark for each of the evaluation's ``scores``, read since it was marked, in the place of its own.

    Repeatable, also beside others who do the same; a transaction for each 99 scores.

    Raises:
        ConditionFailedError: its own mark is another by now, or gone: somebody else has done it.
    """
    still = Condition("standing_changes = :standing", {":standing": pending.standing_changes})
    most = MAX_ACTIONS - 1
    lots = [scores[start : start + most] for start in range(0, len(scores), most)] or [scores]
    for position, lot in enumerate(lots, 1):
        transaction = Transaction()
        if position < len(lots):
            transaction.check(_evaluation_key(pending), still)
        else:
            transaction.delete(_evaluation_key(pending), still)
        for score in lot:
            mark = PendingScore(score.evaluation_id, score.student_id, score.term_id, score.version)
            values = {**_names(mark), ":version": score.version, ":standing": pending.standing_changes}
            transaction.update(_key(mark), _OF_STANDING, values)
        transaction.commit()


def clear_pending(transaction: Transaction, pending: PendingScore) -> None:
    """Remove the mark, unless a part of it is later than ``pending``: then it speaks of what is not acknowledged yet.

    The condition holds too when the mark is gone already, so clearing twice is clearing once. Where it does not, the
    action goes by evaluation and student.
    """
    seen = Condition(
        "attribute_not_exists(pk) OR (score_version <= :version"
        " AND (attribute_not_exists(standing_changes) OR standing_changes <= :standing))",
        {":version": pending.score_version, ":standing": pending.standing_changes or 0},
    )
    transaction.delete(_key(pending), seen, name=(pending.evaluation_id, pending.student_id))


def _names(pending: PendingScore) -> Attributes:
    return {
        ":entity": "pending_score",
        ":evaluation_id": pending.evaluation_id,
        ":student_id": pending.student_id,
        ":term_id": pending.term_id,
    }


def _key(pending: PendingScore) -> Key:
    return Key(school_partition("PENDING", pending.term_id), joined(pending.evaluation_id, pending.student_id))


def _evaluation_key(pending: PendingEvaluation) -> Key:
    return Key(school_partition("PENDING_EVALUATION", pending.term_id), pending.evaluation_id)
