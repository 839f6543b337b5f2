"""When a run is likely to end, and when somebody has to know."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govsync.domain.deadlines import Risk, Work, ends_at, risk_of

NOW = datetime(2026, 12, 1, tzinfo=UTC)
DEADLINE = NOW + timedelta(hours=48)


def work(run_id: str, batches: int, *, deadline_at: datetime = DEADLINE, **so_far: int) -> Work:
    return Work(run_id, "norte", deadline_at, batches, **so_far)


def test_without_a_measure_a_batch_is_one_request_of_the_limits_own_time() -> None:
    ends = ends_at([work("a", 9)], NOW)
    assert ends["norte", "a"] == NOW + timedelta(seconds=10 * 1.05 / 2)


def test_what_its_exchanges_took_and_needed_counts() -> None:
    ends = ends_at([work("a", 10, exchanges=40, exchange_ms=40_000, decided=20)], NOW)
    assert ends["norte", "a"] == NOW + timedelta(seconds=21 * 2.05 / 2)


def test_the_earlier_deadline_goes_first_and_the_other_waits_for_it() -> None:
    soon = work("z", 99, deadline_at=DEADLINE - timedelta(hours=1))
    ends = ends_at([work("a", 9), soon], NOW)
    assert ends["norte", "z"] == NOW + timedelta(seconds=100 * 1.05 / 2)
    assert ends["norte", "a"] == NOW + timedelta(seconds=110 * 1.05 / 2)


@pytest.mark.parametrize(
    ("left_h", "needs_h", "risk"),
    [
        (48, 1, Risk.NONE),
        (30, 14, Risk.NONE),
        (30, 16, Risk.WARNING),
        (23, 1, Risk.WARNING),
        (30, 31, Risk.CRITICAL),
        (11, 1, Risk.CRITICAL),
        (-1, 1, Risk.CRITICAL),
    ],
)
def test_risk_is_told_by_what_is_left_and_by_what_it_needs(left_h: int, needs_h: int, risk: Risk) -> None:
    assert risk_of(NOW + timedelta(hours=left_h), NOW + timedelta(hours=needs_h), NOW) is risk


@given(st.floats(0, 48), st.floats(0, 100))
def test_nobody_is_late_without_having_been_warned_six_hours_before(left_h: float, needs_h: float) -> None:
    risk = risk_of(NOW + timedelta(hours=left_h), NOW + timedelta(hours=needs_h), NOW)
    assert risk is not Risk.NONE or left_h > 6
