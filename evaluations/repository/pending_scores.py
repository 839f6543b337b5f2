"""Marks of the scores that the government has not acknowledged yet.

SCHOOL#<id>#PENDING#<term>  <evaluation>#<student>
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from edu.dynamo import table
from edu.dynamo.keys import Key, joined, school_partition
from edu.dynamo.mapping import from_attributes, to_attributes
from edu.dynamo.transactions import ALWAYS, NOT_THERE, Condition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edu.dynamo.mapping import Attributes
    from edu.dynamo.transactions import Transaction
    from evaluations.domain.evaluation import Score

LOT = 100  # marks read at once: a batch of the sync's and some more


@dataclass(frozen=True)
class PendingScore:
    """A score, at one version, that the government has yet to acknowledge."""

    evaluation_id: str
    student_id: str
    term_id: str
    score_version: int


def add_pending(transaction: Transaction, score: Score) -> None:
    """Mark the score, at its version, as one the government must receive."""
    pending = PendingScore(score.evaluation_id, score.student_id, score.term_id, score.version)
    transaction.put(_item(pending), ALWAYS)


def restore_pending(transaction: Transaction, pending: PendingScore) -> None:
    """Put a mark back that was cleared. Where there is one, the action goes by evaluation and student."""
    transaction.put(_item(pending), NOT_THERE, name=(pending.evaluation_id, pending.student_id))


def iterate_pending(term_id: str) -> Iterator[list[PendingScore]]:
    """All marks of a term, some at a time. Strongly consistent; what is marked meanwhile may be missed."""
    query = table.Query(school_partition("PENDING", term_id), consistent=True, limit=LOT)
    cursor: str | None = None
    while True:
        page = table.query_page(query, cursor=cursor)
        yield [from_attributes(PendingScore, item) for item in page.items]
        cursor = page.cursor
        if cursor is None:
            return


def list_pending(term_id: str, *, limit: int) -> list[PendingScore]:
    """The first ``limit`` marks of a term. Strongly consistent; a query for each megabyte of them."""
    query = table.Query(school_partition("PENDING", term_id), consistent=True, limit=limit)
    return [from_attributes(PendingScore, item) for item in islice(table.query_all(query), limit)]


def clear_pending(transaction: Transaction, pending: PendingScore) -> None:
    """Remove the mark, unless the score has changed since: then the mark is the newer version's, and must stay.

    The condition holds too when the mark is gone already, so clearing twice is clearing once. Where it does not, the
    action goes by evaluation and student.
    """
    same = Condition("attribute_not_exists(pk) OR score_version = :version", {":version": pending.score_version})
    transaction.delete(_key(pending), same, name=(pending.evaluation_id, pending.student_id))


def _item(pending: PendingScore) -> Attributes:
    return {**_key(pending).as_attributes(), "entity": "pending_score", **to_attributes(pending)}


def _key(pending: PendingScore) -> Key:
    return Key(school_partition("PENDING", pending.term_id), joined(pending.evaluation_id, pending.student_id))
