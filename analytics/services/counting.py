"""How much of a month has reached the lake."""

from __future__ import annotations

from analytics import athena
from analytics.domain.datasets import Count, Dataset, Month
from analytics.errors import AthenaError, InvalidMonthError
from analytics.queries.counting import count_of
from edu.tenancy import current_school_id


def count_events(*, year: int, month: int) -> Count:
    """The behaviour events that occurred in the month. The lake is up to 15 minutes behind the table.

    Raises:
        InvalidMonthError: the lake has no such month.
        AthenaError: see ``analytics.athena.run_query``.
    """
    return _count(Dataset.EVENTS, year, month)


def count_grades(*, year: int, month: int) -> Count:
    """The scores recorded in the month. Same errors and delay as ``count_events``."""
    return _count(Dataset.GRADES, year, month)


def _count(dataset: Dataset, year: int, month: int) -> Count:
    try:
        asked = Month(year, month)
    except ValueError as error:
        raise InvalidMonthError from error
    rows = athena.run_query(count_of(dataset, asked))
    try:
        ((records, row_count),) = rows
        return Count(current_school_id(), dataset, asked, int(records or ""), int(row_count or ""))
    except ValueError as error:
        raise AthenaError("unexpected result") from error
