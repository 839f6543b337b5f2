"""Scores with their versions: how one is written, and the history that is kept of it.

    SCHOOL#<id>#EVALUATION#<evaluation>  SCORE#<student>                    the score as it is (see ``grades``)
    SCHOOL#<id>#EVALUATION#<evaluation>  SCORE_HISTORY#<student>#<version>  as that version left it; never changed

The history's items do not begin with ``SCORE#``, so that a section's scores remain one query. Each carries the salt of
its version: the audit trail's digests of a score that was replaced can be proved from them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from edu import audit
from edu.dynamo import table
from edu.dynamo.keys import SEPARATOR, Key, joined, school_partition
from edu.dynamo.mapping import from_attributes, to_attributes
from edu.dynamo.transactions import NOT_THERE, version_is
from edu.errors import NotFoundError
from evaluations.domain.evaluation import Score
from evaluations.domain.revisions import Revision
from evaluations.repository import grades

if TYPE_CHECKING:
    from edu.dynamo.mapping import Attributes
    from edu.dynamo.transactions import Transaction

Otherwise = Callable[["StoredScore | None"], Exception | None]
"""The error of a write whose condition does not hold, made of the score that stands (``None``: there is none)."""

_STUDENTS_SCORES = 1000  # of all years: dozens of evaluations in each of a dozen courses
_SCORE, _HISTORY, _REQUEST = "SCORE", "SCORE_HISTORY", "request"


@dataclass(frozen=True)
class StoredScore:
    """A score with what its item holds beside it: the salt of its digests, and which request wrote it, if noted."""

    score: Score
    salt: str
    request: str = ""


@dataclass(frozen=True)
class RevisionPage:
    """Some revisions of a score, newest first, and the cursor of the next page."""

    revisions: list[Revision]
    cursor: str | None


@dataclass(frozen=True)
class ScorePage:
    """Some scores of a student, by term and evaluation, and the cursor of the next page."""

    scores: list[Score]
    cursor: str | None


def get_stored(evaluation_id: str, student_id: str) -> StoredScore:
    """One student's score. Strongly consistent.

    Raises:
        NotFoundError: none is recorded.
    """
    found = table.get_item(_score_key(evaluation_id, student_id))
    if found is None:
        raise NotFoundError
    return stored_of(found)


def list_stored(evaluation_id: str) -> dict[str, StoredScore]:
    """An evaluation's scores by student id, in one query. Strongly consistent."""
    query = table.Query(_partition(evaluation_id), prefix=f"{_SCORE}{SEPARATOR}", consistent=True)
    found = map(stored_of, table.query_all(query))
    return {stored.score.student_id: stored for stored in found}


def stored_of(item: Attributes) -> StoredScore:
    """A score's item, e.g. the one that a failed condition found."""
    return StoredScore(from_attributes(Score, item), item[audit.SALT], item.get(_REQUEST, ""))


def put_score(
    transaction: Transaction, stored: StoredScore, *, replaces: Score | None, otherwise: Otherwise | None = None
) -> None:
    """Put a score in the place of the version ``replaces``, or as the student's first.

    Fails when another version, or any, stands there: with the error that ``otherwise`` makes of it (``None``: there is
    none), or else under the student's id.
    """
    item = grades.score_item(stored.score, stored.salt) | {_REQUEST: stored.request or None}
    condition = version_is(replaces.version) if replaces else NOT_THERE
    transaction.put(item, condition, otherwise=_of_stored(otherwise), name=stored.score.student_id)


def require_version(transaction: Transaction, score: Score, *, otherwise: Otherwise) -> None:
    """Require that the score is still this version, without writing it. Fails like ``put_score``."""
    key = _score_key(score.evaluation_id, score.student_id)
    transaction.check(key, version_is(score.version), otherwise=_of_stored(otherwise))


def add_revision(transaction: Transaction, revision: Revision, salt: str) -> None:
    """Add a revision to the score's history."""
    score = revision.score
    key = Key(_partition(score.evaluation_id), joined(_HISTORY, score.student_id, f"{score.version:09d}"))
    said = to_attributes(revision) | {"score": grades.score_attributes(score)}
    item = {**key.as_attributes(), "entity": "score_revision", audit.SALT: salt, **said}
    transaction.put(item, NOT_THERE)


def list_revisions(
    evaluation_id: str, student_id: str, *, cursor: str | None = None, limit: int = grades.PAGE_SIZE
) -> RevisionPage:
    """A score's history, newest first. Strongly consistent.

    Raises:
        InvalidCursorError: see ``edu.dynamo.cursors``.
    """
    prefix = joined(_HISTORY, student_id) + SEPARATOR
    query = table.Query(_partition(evaluation_id), prefix=prefix, descending=True, consistent=True, limit=limit)
    page = table.query_page(query, cursor=cursor)
    return RevisionPage([from_attributes(Revision, item) for item in page.items], page.cursor)


def list_of_student(
    student_id: str, *, term_id: str = "", cursor: str | None = None, limit: int = grades.PAGE_SIZE
) -> ScorePage:
    """A student's scores, of one term or of all. Eventually consistent: a new one may be missing for a moment.

    Raises:
        InvalidCursorError: see ``edu.dynamo.cursors``.
    """
    prefix = joined(term_id) + SEPARATOR if term_id else ""
    query = table.Query(school_partition("SCORED", student_id), prefix=prefix, index=True, limit=limit)
    page = table.query_page(query, cursor=cursor)
    return ScorePage([from_attributes(Score, item) for item in page.items], page.cursor)


def list_places_of_student(student_id: str) -> set[tuple[str, str]]:
    """Every (term, section) in which the student has a score, in one query for up to 1000. Eventually consistent."""
    query = table.Query(school_partition("SCORED", student_id), index=True, limit=_STUDENTS_SCORES)
    return {(item["term_id"], item["section_id"]) for item in table.query_all(query)}


def _of_stored(otherwise: Otherwise | None) -> Callable[[Attributes | None], Exception | None] | None:
    """The same, of the item instead of the score."""
    if otherwise is None:
        return None
    return lambda found: otherwise(stored_of(found) if found else None)


def _partition(evaluation_id: str) -> str:
    return school_partition("EVALUATION", evaluation_id)


def _score_key(evaluation_id: str, student_id: str) -> Key:
    return Key(_partition(evaluation_id), joined(_SCORE, student_id))
