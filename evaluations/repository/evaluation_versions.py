"""The versions of an evaluation.

    SCHOOL#<id>#EVALUATION#<evaluation>  EVALUATION_VERSION#<version>  the evaluation as it was then; never changed

They stand beside the evaluation (see ``stored_evaluations``) and outlast it. Each carries the salt of its version: the
audit trail's digests of a version that was replaced can be proved from them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu import audit
from edu.dynamo import table
from edu.dynamo.keys import SEPARATOR
from edu.dynamo.mapping import from_attributes, to_attributes
from edu.dynamo.transactions import NOT_THERE
from evaluations.domain.evaluation_versions import EvaluationVersion
from evaluations.repository.keys import EVALUATION_VERSION, evaluation_partition, evaluation_version_key
from evaluations.repository.limits import PAGE_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edu.dynamo.pages import Page
    from edu.dynamo.transactions import Transaction


def add_version(transaction: Transaction, version: EvaluationVersion, salt: str) -> None:
    """Add a version to the evaluation's history."""
    key = evaluation_version_key(version.evaluation.evaluation_id, version.number)
    item = {**key.as_attributes(), "entity": "evaluation_version", audit.SALT: salt, **to_attributes(version)}
    transaction.put(item, NOT_THERE)


def list_versions(evaluation_id: str, *, cursor: str | None = None, limit: int = PAGE_SIZE) -> Page[EvaluationVersion]:
    """An evaluation's history, newest first. Strongly consistent.

    Raises:
        InvalidCursorError: see ``edu.dynamo.cursors``.
    """
    partition, prefix = evaluation_partition(evaluation_id), EVALUATION_VERSION + SEPARATOR
    query = table.Query(partition, prefix=prefix, descending=True, consistent=True, limit=limit)
    return table.query_page(query, cursor=cursor).map(lambda item: from_attributes(EvaluationVersion, item))


def all_of_evaluation(evaluation_id: str) -> Iterator[EvaluationVersion]:
    """Every version of an evaluation. Strongly consistent; a query for each megabyte."""
    query = table.Query(evaluation_partition(evaluation_id), prefix=EVALUATION_VERSION + SEPARATOR, consistent=True)
    return (from_attributes(EvaluationVersion, item) for item in table.query_all(query))
