"""Evaluations, their scores, and the marks of scores that the government has not acknowledged yet.

    SCHOOL#<id>#EVALUATION#<evaluation>  HEAD             gsi1: SCHOOL#<id>#SECTION#<section> / <held on>#<evaluation>
                                                          (see ``heads``)
    SCHOOL#<id>#EVALUATION#<evaluation>  SCORE#<student>  gsi1: SCHOOL#<id>#SCORED#<student> / <term>#<evaluation>
                                                          (written and kept in versions by ``revisions``)
    SCHOOL#<id>#PENDING#<term>           <evaluation>#<student>

A section's grade book page is one query of one partition. Scores and evaluations never carry a TTL: 30 days would
remove them before the quarterly sync.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edu import audit
from edu.dynamo import table
from edu.dynamo.keys import Key, joined, school_partition
from edu.dynamo.mapping import from_attributes, to_attributes
from edu.dynamo.transactions import ALWAYS, Condition, Transaction
from edu.errors import NotFoundError
from edu.pseudonyms import pseudonym_of
from edu.tenancy import current_school_id
from evaluations.domain.evaluation import Evaluation, Score

if TYPE_CHECKING:
    from edu.dynamo.mapping import Attributes

PAGE_SIZE = 50
DELETED_AT = "deleted_at"  # on the tombstone of an evaluation, see ``heads``
_HEAD, _SCORE = "HEAD", "SCORE"


@dataclass(frozen=True)
class EvaluationPage:
    """Some of a section's evaluations, latest first, and the cursor of the next page."""

    evaluations: list[Evaluation]
    cursor: str | None


@dataclass(frozen=True)
class PendingScore:
    """A score, at one version, that the government has yet to acknowledge."""

    evaluation_id: str
    student_id: str
    term_id: str
    score_version: int


def get_evaluation(evaluation_id: str) -> Evaluation:
    """An evaluation of the school in scope. Strongly consistent.

    Raises:
        NotFoundError: there is none of this id in this school, or no longer.
    """
    found = table.get_item(_head_key(evaluation_id))
    if found is None or DELETED_AT in found:
        raise NotFoundError
    return from_attributes(Evaluation, found)


def get_score(evaluation_id: str, student_id: str) -> Score:
    """One student's score. Strongly consistent.

    Raises:
        NotFoundError: none is recorded.
    """
    found = table.get_item(_score_key(evaluation_id, student_id))
    if found is None:
        raise NotFoundError
    return from_attributes(Score, found)


def list_scores(evaluation_id: str) -> list[Score]:
    """An evaluation's scores, by student id, in one query. Strongly consistent."""
    query = table.Query(_partition(evaluation_id), prefix=f"{_SCORE}#", consistent=True)
    return [from_attributes(Score, item) for item in table.query_all(query)]


def list_evaluations(
    section_id: str, *, term_id: str = "", cursor: str | None = None, limit: int = PAGE_SIZE
) -> EvaluationPage:
    """A section's evaluations, latest first. Eventually consistent: a new one may be missing for a moment.

    ``term_id`` keeps a term's own, whatever their days: a term may have been moved since. Such a page may then be
    shorter than others, with more to come (the cursor says), but it is empty only as the last one. One query for each
    50 evaluations of the section that it passes over.

    Raises:
        InvalidCursorError: see ``edu.dynamo.cursors``.
    """
    query = table.Query(school_partition("SECTION", section_id), index=True, descending=True, limit=limit)
    while True:
        page = table.query_page(query, cursor=cursor)
        found = [item for item in page.items if term_id in {"", item["term_id"]}]
        if found or page.cursor is None:
            return EvaluationPage([from_attributes(Evaluation, item) for item in found], page.cursor)
        cursor = page.cursor


def evaluation_item(evaluation: Evaluation, salt: str) -> Attributes:
    """An evaluation as an item."""
    return {
        **_head_key(evaluation.evaluation_id).as_attributes(),
        "gsi1pk": school_partition("SECTION", evaluation.section_id),
        "gsi1sk": joined(evaluation.held_on.isoformat(), evaluation.evaluation_id),
        "entity": "evaluation",
        audit.SALT: salt,
        **to_attributes(evaluation),
    }


def add_pending(transaction: Transaction, score: Score) -> None:
    """Mark the score, at its version, as one the government must receive."""
    pending = PendingScore(score.evaluation_id, score.student_id, score.term_id, score.version)
    item = {**_pending_key(pending).as_attributes(), "entity": "pending_score", **to_attributes(pending)}
    transaction.put(item, ALWAYS)


def list_pending(term_id: str, *, limit: int) -> list[PendingScore]:
    """The first ``limit`` marks of a term. Strongly consistent."""
    query = table.Query(school_partition("PENDING", term_id), consistent=True, limit=limit)
    return [from_attributes(PendingScore, item) for item in table.query_page(query).items]


def clear_pending(transaction: Transaction, pending: PendingScore) -> None:
    """Remove the mark, unless the score has changed since: then the mark is the newer version's, and must stay.

    The condition holds too when the mark is gone already, so clearing twice is clearing once. Where it does not, the
    action goes by evaluation and student.
    """
    same = Condition("attribute_not_exists(pk) OR score_version = :version", {":version": pending.score_version})
    transaction.delete(_pending_key(pending), same, name=(pending.evaluation_id, pending.student_id))


def score_item(score: Score, salt: str) -> Attributes:
    """A score as an item, with what the lake's pipe picks from it."""
    return {
        **_score_key(score.evaluation_id, score.student_id).as_attributes(),
        "gsi1pk": school_partition("SCORED", score.student_id),
        "gsi1sk": joined(score.term_id, score.evaluation_id),
        "entity": "score",
        "school_id": current_school_id(),
        "student_pseudonym": pseudonym_of(score.student_id),
        "recorded_at_epoch_s": int(score.recorded_at.timestamp()),
        audit.SALT: salt,
        **score_attributes(score),
    }


def score_attributes(score: Score) -> Attributes:
    """A score's own attributes, of which its digest is made. ``late`` is there only when it is so.

    Items from before there was the flag are thus as they would be written today, and their digests can be proved.
    """
    attributes = to_attributes(score)
    if not score.late:
        del attributes["late"]
    return attributes


def get_scores(keys: list[tuple[str, str]]) -> list[Score]:
    """The scores that exist among (evaluation id, student id) pairs. Strongly consistent."""
    found = table.get_items([_score_key(*key) for key in keys], consistent=True)
    return [from_attributes(Score, item) for item in found]


def _partition(evaluation_id: str) -> str:
    return school_partition("EVALUATION", evaluation_id)


def _head_key(evaluation_id: str) -> Key:
    return Key(_partition(evaluation_id), _HEAD)


def _score_key(evaluation_id: str, student_id: str) -> Key:
    return Key(_partition(evaluation_id), joined(_SCORE, student_id))


def _pending_key(pending: PendingScore) -> Key:
    return Key(school_partition("PENDING", pending.term_id), joined(pending.evaluation_id, pending.student_id))
