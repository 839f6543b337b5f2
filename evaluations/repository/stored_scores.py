"""Scores as they are stored.

    SCHOOL#<id>#EVALUATION#<evaluation>  SCORE#<student>  gsi1: SCHOOL#<id>#SCORED#<student> / <term>#<evaluation>

An evaluation's scores are one query of one partition. Scores never carry a TTL: 30 days would remove them before the
quarterly sync.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edu import audit
from edu.dynamo import table
from edu.dynamo.keys import SEPARATOR, joined
from edu.dynamo.mapping import from_attributes, to_attributes
from edu.dynamo.transactions import NOT_THERE, version_is
from edu.errors import NotFoundError
from edu.tenancy import current_school_id
from evaluations.domain.evaluation import Score
from evaluations.repository.keys import SCORE, evaluation_partition, score_key, scored_index
from evaluations.repository.lake_rows import LAKE, row_of_score
from evaluations.repository.limits import PAGE_SIZE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from edu.dynamo.mapping import Attributes
    from edu.dynamo.pages import Page
    from edu.dynamo.transactions import Transaction

Otherwise = Callable[["StoredScore | None"], Exception | None]
"""The error of a write whose condition does not hold, made of the score that stands (``None``: there is none)."""

SCORED, UNLINKED = "score", "unlinked_score"
"""What a score's item is called, and that of an erased student (``erasing``), which no reader of people finds."""

_STUDENTS_SCORES = 1000  # of all years: dozens of evaluations in each of a dozen courses
_REQUEST = "request"


@dataclass(frozen=True)
class StoredScore:
    """A score with what its item holds beside it: the salt of its digests, and which request wrote it, if noted."""

    score: Score
    salt: str
    request: str = ""


def get_stored(evaluation_id: str, student_id: str) -> StoredScore:
    """One student's score. Strongly consistent.

    Raises:
        NotFoundError: none is recorded, or the student was erased.
    """
    found = table.get_item(score_key(evaluation_id, student_id))
    if found is None or found["entity"] == UNLINKED:
        raise NotFoundError
    return stored_of(found)


def get_score(evaluation_id: str, student_id: str) -> Score:
    """One student's score. Raises like ``get_stored``."""
    return get_stored(evaluation_id, student_id).score


def list_scores(evaluation_id: str) -> list[Score]:
    """An evaluation's scores, by student id, in one query, without those of erased students. Strongly consistent."""
    return [from_attributes(Score, item) for item in _items(evaluation_id) if item["entity"] != UNLINKED]


def list_every_score(evaluation_id: str) -> list[Score]:
    """The same with those of erased students: what the government was told. Strongly consistent."""
    return [from_attributes(Score, item) for item in _items(evaluation_id)]


def get_scores(keys: list[tuple[str, str]]) -> list[Score]:
    """The scores that exist among (evaluation id, student id) pairs, but of nobody erased. Strongly consistent."""
    return [from_attributes(Score, item) for item in _get_items(keys) if item["entity"] != UNLINKED]


def get_every_score(keys: list[tuple[str, str]]) -> list[Score]:
    """The same with those of erased students: what the government was told. Strongly consistent."""
    return [from_attributes(Score, item) for item in _get_items(keys)]


def _get_items(keys: list[tuple[str, str]]) -> list[Attributes]:
    return table.get_items([score_key(*key) for key in keys], consistent=True)


def list_stored(evaluation_id: str) -> dict[str, StoredScore]:
    """An evaluation's scores by student id, in one query. Strongly consistent."""
    found = map(stored_of, _items(evaluation_id))
    return {stored.score.student_id: stored for stored in found}


def _items(evaluation_id: str) -> Iterator[Attributes]:
    query = table.Query(evaluation_partition(evaluation_id), prefix=SCORE + SEPARATOR, consistent=True)
    return table.query_all(query)


def stored_of(item: Attributes) -> StoredScore:
    """A score's item, e.g. the one that a failed condition found."""
    return StoredScore(from_attributes(Score, item), item[audit.SALT], item.get(_REQUEST, ""))


def list_of_student(
    student_id: str,
    *,
    term_id: str = "",
    sections: Collection[str] | None = None,
    cursor: str | None = None,
    limit: int = PAGE_SIZE,
) -> Page[Score]:
    """A student's scores, of one term or of all. Eventually consistent: a new one may be missing for a moment.

    ``sections`` keeps those of these sections alone; a page is filled with them (see ``table.query_filled``).

    Raises:
        InvalidCursorError: see ``edu.dynamo.cursors``.
    """
    prefix = joined(term_id) + SEPARATOR if term_id else ""
    query = table.Query(scored_index(student_id), prefix=prefix, index=True, limit=limit)
    if sections is None:
        page = table.query_page(query, cursor=cursor)
    else:
        query = replace(query, filtered_by=f"sections:{','.join(sorted(sections))}")
        page = table.query_filled(query, lambda item: item["section_id"] in sections, cursor=cursor)
    return page.map(lambda item: from_attributes(Score, item))


def list_places_of_student(student_id: str) -> set[tuple[str, str]]:
    """Every (term, section) in which the student has a score, in one query for up to 1000. Eventually consistent."""
    query = table.Query(scored_index(student_id), index=True, limit=_STUDENTS_SCORES)
    return {(item["term_id"], item["section_id"]) for item in table.query_all(query)}


def put_score(
    transaction: Transaction, stored: StoredScore, *, replaces: Score | None, otherwise: Otherwise | None = None
) -> None:
    """Put a score in the place of the version ``replaces``, or as the student's first.

    Fails when another version, or any, stands there: with the error that ``otherwise`` makes of it (``None``: there is
    none), or else under the student's id.
    """
    item = score_item(stored.score, stored.salt) | {_REQUEST: stored.request or None}
    condition = version_is(replaces.version) if replaces else NOT_THERE
    transaction.put(item, condition, otherwise=_of_stored(otherwise), name=stored.score.student_id)


def require_version(transaction: Transaction, score: Score, *, otherwise: Otherwise) -> None:
    """Require that the score is still this version, without writing it. Fails like ``put_score``."""
    key = score_key(score.evaluation_id, score.student_id)
    transaction.check(key, version_is(score.version), otherwise=_of_stored(otherwise))


def score_item(score: Score, salt: str) -> Attributes:
    """A score as an item, with what the lake's pipe picks from it (never the comment)."""
    return {
        **score_key(score.evaluation_id, score.student_id).as_attributes(),
        "gsi1pk": scored_index(score.student_id),
        "gsi1sk": joined(score.term_id, score.evaluation_id),
        "entity": SCORED,
        "school_id": current_school_id(),
        LAKE: row_of_score(score),
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


def _of_stored(otherwise: Otherwise | None) -> Callable[[Attributes | None], Exception | None] | None:
    """The same, of the item instead of the score."""
    if otherwise is None:
        return None
    return lambda found: otherwise(stored_of(found) if found else None)
