"""When what was given up can be judged, and over which days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from analytics.domain.datasets import Dataset
from analytics.domain.failures import Loss
from analytics.services import auditing, failures
from analytics.services.auditing import Span
from analytics.services.failures import Failure, Source

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
LATE = timedelta(days=18)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "clock", SimpleNamespace(now=lambda: NOW))


def refusal(since: datetime, until: datetime, dataset: Dataset = Dataset.EVENTS) -> str:
    return failures._refusal(Failure(Source.MESSAGE, "m", {}, Loss((dataset,), since, until)))


def day(month: int, number: int) -> datetime:
    return datetime(2026, month, number, tzinfo=UTC)


def test_what_is_too_young_is_refused_with_when_it_can_be_judged() -> None:
    at = NOW - timedelta(minutes=60)
    assert refusal(at, at) == "it can be judged from 2026-11-30T12:16:01+00:00 on"
    settled = NOW - timedelta(minutes=76, seconds=1)
    assert refusal(settled, settled) == ""
    assert "2026-12-01T" in refusal(settled, NOW + timedelta(days=1))


def test_events_are_refused_when_one_that_was_stored_late_may_have_left_the_table_and_grades_are_not() -> None:
    kept = NOW - timedelta(days=29) + LATE + timedelta(minutes=16)
    gone = kept - timedelta(seconds=1)
    assert "30 days" in refusal(gone, kept)
    assert refusal(kept, kept) == ""
    assert refusal(gone, gone, Dataset.GRADES) == ""


def test_what_cannot_be_read_is_refused() -> None:
    unreadable = Failure(Source.OBJECT, "errors/x", {}, None, "no key of the delivery")
    assert failures._refusal(unreadable).startswith("no key of the delivery, so nobody can tell")


def test_grades_are_looked_at_day_by_day_with_what_clocks_may_be_apart() -> None:
    early, late = datetime(2026, 11, 25, 0, 20, tzinfo=UTC), datetime(2026, 11, 26, 23, 40, tzinfo=UTC)
    spans = failures._days_of([Loss((Dataset.GRADES,), at, at) for at in (late, early)])
    assert spans == [Span(day(11, 25), day(11, 26)), Span(day(11, 26), day(11, 27))]
    at = NOW - timedelta(hours=2)
    assert failures._days_of([Loss((Dataset.GRADES,), at, at)]) == [Span(day(11, 30), NOW - timedelta(hours=1))]
