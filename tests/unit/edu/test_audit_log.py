"""The log of changes: places in it sort as their instants do, and no month is left out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from edu import audit, audit_log, clock
from edu.audit import AuditEntry
from edu.dynamo.mapping import instant_text

if TYPE_CHECKING:
    import pytest

instants = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
ids = st.text("0123456789abcdef", min_size=32, max_size=32)


def _entry(at: datetime, entry_id: str) -> AuditEntry:
    return AuditEntry(entry_id, at, "a", "teacher", "score.recorded", "score:e:s", 1, "")


@given(instants, instants, ids, ids)
def test_places_sort_by_instant_and_then_by_id(one: datetime, other: datetime, one_id: str, other_id: str) -> None:
    places = [audit_log.place_of(_entry(one, one_id)), audit_log.place_of(_entry(other, other_id))]
    assert (places[0] < places[1]) is ((one, one_id) < (other, other_id))


@given(instants, ids)
def test_place_of_an_instant_is_before_its_entries_and_behind_those_before(at: datetime, entry_id: str) -> None:
    before = _entry(at - timedelta(microseconds=1), entry_id)
    assert audit_log.place_of(before) < audit_log.place_of(at) < audit_log.place_of(_entry(at, entry_id))
    assert (
        audit_log.instant_of(audit_log.place_of(_entry(at, entry_id))) == audit_log.instant_of(instant_text(at)) == at
    )


@given(instants, st.integers(0, 500))
def test_every_month_between_two_days_is_named_once(first: datetime, days: int) -> None:
    every = [first + timedelta(days=day) for day in range(days + 1)]
    named = list(audit_log._months(f"{every[0]:%Y-%m}", f"{every[-1]:%Y-%m}"))
    assert named == sorted({f"{day:%Y-%m}" for day in every})


def test_nothing_is_settled_before_everything_that_may_delay_a_write_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute to send, five to the signature's end, five that a reader's clock may be fast, and some to finish."""
    now = datetime(2026, 11, 29, 12, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: now)
    signature, fast = timedelta(minutes=5), timedelta(minutes=5)
    assert now - audit_log.settled_until() >= audit.SENT_WITHIN + signature + fast + timedelta(minutes=1)
