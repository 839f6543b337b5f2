"""When a term's grades are due to the government by the school's calendar. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evaluations.domain.school import Term

# A school that is registered with the terms of past years does not send them all; a stopped beat has a week.
STARTED_WITHIN = timedelta(days=7)


def list_just_ended(terms: Iterable[Term], today: date) -> list[Term]:
    """The terms whose last day was within the last week, by the school's own date."""
    return [term for term in terms if term.ends_on < today <= term.ends_on + STARTED_WITHIN]
