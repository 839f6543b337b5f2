"""The versions of a score.

    SCHOOL#<id>#EVALUATION#<evaluation>  SCORE_VERSION#<student>#<version>  the score as it was then; never changed

They do not begin with ``SCORE#``, so that an evaluation's scores remain one query. Each carries the salt of its
version: the audit trail's digests of a score that was replaced can be proved from them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu import audit
from edu.dynamo import table
from edu.dynamo.keys import SEPARATOR, joined
from edu.dynamo.mapping import from_attributes, to_attributes
from edu.dynamo.transactions import NOT_THERE
from evaluations.domain.score_versions import ScoreVersion
from evaluations.repository.keys import SCORE_VERSION, evaluation_partition, score_version_key
from evaluations.repository.limits import PAGE_SIZE
from evaluations.repository.stored_scores import score_attributes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edu.dynamo.pages import Page
    from edu.dynamo.transactions import Transaction


def add_version(transaction: Transaction, version: ScoreVersion, salt: str) -> None:
    """Add a version to the score's history."""
    score = version.score
    key = score_version_key(score.evaluation_id, score.student_id, version.number)
    said = to_attributes(version) | {"score": score_attributes(score)}
    transaction.put({**key.as_attributes(), "entity": "score_version", audit.SALT: salt, **said}, NOT_THERE)


def list_versions(
    evaluation_id: str, student_id: str, *, cursor: str | None = None, limit: int = PAGE_SIZE
) -> Page[ScoreVersion]:
    """A score's history, newest first. Strongly consistent.

    Raises:
        InvalidCursorError: see ``edu.dynamo.cursors``.
    """
    partition, prefix = evaluation_partition(evaluation_id), joined(SCORE_VERSION, student_id) + SEPARATOR
    query = table.Query(partition, prefix=prefix, descending=True, consistent=True, limit=limit)
    return table.query_page(query, cursor=cursor).map(lambda item: from_attributes(ScoreVersion, item))


def all_of_evaluation(evaluation_id: str) -> Iterator[ScoreVersion]:
    """Every version of every score of an evaluation. Strongly consistent; a query for each megabyte."""
    query = table.Query(evaluation_partition(evaluation_id), prefix=SCORE_VERSION + SEPARATOR, consistent=True)
    return (from_attributes(ScoreVersion, item) for item in table.query_all(query))
