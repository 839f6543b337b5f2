from datetime import UTC, datetime, timedelta

import pytest

from evaluations.domain.nights import night_of


@pytest.mark.parametrize(
    ("utc", "time_zone", "night"),
    [
        ("2026-05-04T05:59", "America/Santiago", None),  # 01:59
        ("2026-05-04T06:07", "America/Santiago", "2026-05-04"),  # 02:07
        ("2026-05-04T08:59", "America/Santiago", "2026-05-04"),  # 04:59
        ("2026-05-04T09:00", "America/Santiago", None),
        ("2026-05-04T08:07", "America/Mexico_City", "2026-05-04"),  # 02:07
        ("2026-05-03T14:07", "Asia/Sakhalin", None),  # 01:07 of the next day
        ("2026-05-03T15:07", "Asia/Sakhalin", "2026-05-04"),
        ("2026-05-04T02:07", "Nowhere/Atlantis", "2026-05-04"),
        ("2026-05-04T02:07", "", "2026-05-04"),
    ],
)
def test_night_is_by_the_schools_own_clock(utc: str, time_zone: str, night: str | None) -> None:
    assert night_of(datetime.fromisoformat(utc).replace(tzinfo=UTC), time_zone) == night


@pytest.mark.parametrize(
    "time_zone", ["America/Santiago", "America/Asuncion", "America/New_York", "Africa/Cairo", "UTC"]
)
def test_every_date_has_its_night_though_clocks_change(time_zone: str) -> None:
    start = datetime(2026, 1, 2, 0, 7, tzinfo=UTC)
    nights = {night_of(start + timedelta(hours=hour), time_zone) for hour in range(360 * 24)} - {None}
    assert len(nights) in {359, 360, 361}
