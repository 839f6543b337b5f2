"""The versions of an evaluation.

    SCHOOL#<id>#EVALUATION#<evaluation>  HEAD_HISTORY#<version>  the evaluation as that version left it; never changed

They stand beside the evaluation (see ``heads``) and outlast it. Each carries the salt of its version: the audit trail's
digests of a version that was replaced can be proved from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edu import audit
from edu.dynamo import table
from edu.dynamo.keys import SEPARATOR, Key, joined, school_partition
from edu.dynamo.mapping import from_attributes, to_attributes
from edu.dynamo.transactions import NOT_THERE
from evaluations.domain.editions import Edition
from evaluations.repository.grades import PAGE_SIZE

if TYPE_CHECKING:
    from edu.dynamo.transactions import Transaction

_HISTORY = "HEAD_HISTORY"


@dataclass(frozen=True)
class EditionPage:
    """Some versions of an evaluation, newest first, and the cursor of the next page."""

    editions: list[Edition]
    cursor: str | None


def add_edition(transaction: Transaction, edition: Edition, salt: str) -> None:
    """Add a version to the evaluation's history."""
    evaluation = edition.evaluation
    key = Key(_partition(evaluation.evaluation_id), joined(_HISTORY, f"{evaluation.version:09d}"))
    item = {**key.as_attributes(), "entity": "evaluation_edition", audit.SALT: salt, **to_attributes(edition)}
    transaction.put(item, NOT_THERE)


def list_editions(evaluation_id: str, *, cursor: str | None = None, limit: int = PAGE_SIZE) -> EditionPage:
    """An evaluation's history, newest first. Strongly consistent.

    Raises:
        InvalidCursorError: see ``edu.dynamo.cursors``.
    """
    prefix = _HISTORY + SEPARATOR
    query = table.Query(_partition(evaluation_id), prefix=prefix, descending=True, consistent=True, limit=limit)
    page = table.query_page(query, cursor=cursor)
    return EditionPage([from_attributes(Edition, item) for item in page.items], page.cursor)


def _partition(evaluation_id: str) -> str:
    return school_partition("EVALUATION", evaluation_id)
