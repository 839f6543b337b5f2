"""A month is kept for 36 whole months after its end, and what removes by age leaves it at least so long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from analytics.domain.datasets import FIRST_YEAR, Month
from analytics.domain.retention import KEPT_MONTHS, OLDEST_DAYS, expired_months, kept_months
from deploy.stack.verification.expected import Expected


@pytest.mark.parametrize(
    ("now", "last"),
    [
        (datetime(2027, 1, 31, 23, 59, 59, tzinfo=UTC), None),
        (datetime(2027, 2, 1, tzinfo=UTC), Month(2024, 1)),
        (datetime(2027, 2, 28, 23, 59, 59, tzinfo=UTC), Month(2024, 1)),
        (datetime(2028, 1, 1, tzinfo=UTC), Month(2024, 12)),
        (datetime(2028, 3, 1, tzinfo=UTC), Month(2025, 2)),
    ],
)
def test_a_month_expires_36_months_after_its_end(now: datetime, last: Month | None) -> None:
    found = list(expired_months(now))
    assert found == list(Month.between(Month(FIRST_YEAR, 1), last) if last else [])


def test_no_object_is_older_than_the_oldest_when_its_month_is_purged_and_the_bucket_keeps_it_longer() -> None:
    oldest = 0
    for year in range(FIRST_YEAR, 2037):
        for number in range(1, 13):
            written_at = datetime(year, number, 1, tzinfo=UTC)
            expires_at = datetime(year + 3 + number // 12, number % 12 + 1, 1, tzinfo=UTC)
            assert Month(year, number) in expired_months(expires_at)
            assert Month(year, number) not in expired_months(expires_at - timedelta(seconds=1))
            oldest = max(oldest, (expires_at + timedelta(days=1) - written_at).days)
    assert oldest == OLDEST_DAYS
    kept_days = Expected().lake_retention_days
    assert min(kept_days["events/"], kept_days["grades/"]) >= OLDEST_DAYS


@pytest.mark.parametrize("now", [datetime(2026, 11, 30, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)])
def test_each_month_until_now_is_either_kept_or_expired(now: datetime) -> None:
    expired, kept = list(expired_months(now)), list(kept_months(now))
    assert [*expired, *kept] == list(Month.between(Month.first(), Month(now.year, now.month)))
    assert len(kept) <= KEPT_MONTHS + 2
