"""The lake's SQL. Nothing in it comes from outside but two checked numbers and the checked id of the school in scope.

The school stands in every query as a constant: the tables' ``school`` partition is *injected*, so Athena refuses a
query that does not name it, and reads one school's objects only. IAM bounds the same again, by the bucket's prefixes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from analytics.domain.datasets import Dataset
from edu.tenancy import check_school_id, current_school_id

if TYPE_CHECKING:
    from analytics.domain.datasets import Month

_IDENTITY: Final = {
    Dataset.EVENTS: "student_pseudonym || '/' || event_id",
    Dataset.GRADES: "student_pseudonym || '/' || evaluation_id",
}
_ONLY: Final = {Dataset.EVENTS: "", Dataset.GRADES: " AND coalesce(entity, 'score') = 'score'"}


def count_of(dataset: Dataset, month: Month) -> str:
    """One row with two numbers: distinct records and rows, of the school in scope.

    Raises:
        NoScopeError: outside a school's scope.
    """
    return (
        f"SELECT count(DISTINCT {_IDENTITY[dataset]}) AS records, count(*) AS row_count FROM {dataset.value} "  # noqa: S608 - see the module's first lines
        f"WHERE school = {_school()} AND year = {month.year:d} AND month = {month.month:d}{_ONLY[dataset]}"
    )


def _school() -> str:
    """The school in scope as an SQL literal: its one allowed form has nothing that could end a literal."""
    return f"'{check_school_id(current_school_id())}'"
