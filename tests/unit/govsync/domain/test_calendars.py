"""Which terms have just ended."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from evaluations.domain.school import Term
from govsync.domain.calendars import list_just_ended

TERM = Term(term_id="2026-t3", name="Tercer", starts_on=date(2026, 9, 1), ends_on=date(2026, 12, 3), closed=False)


@pytest.mark.parametrize(("days", "is_started"), [(0, False), (1, True), (7, True), (8, False)])
def test_term_is_started_in_the_week_after_its_last_day(days: int, is_started: bool) -> None:  # noqa: FBT001
    assert bool(list_just_ended([TERM], TERM.ends_on + timedelta(days=days))) is is_started
