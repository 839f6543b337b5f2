"""What a student's events come to."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from behavior.domain.events import KEPT_FOR, StoredEvent
from behavior.domain.kinds import Category
from behavior.domain.profiles import LATEST, KindCount, WeekCount, profile_of

NOW = datetime(2026, 11, 23, 15, 15, tzinfo=UTC)  # a Monday
SANTIAGO = ZoneInfo("America/Santiago")


def event(days_ago: float, kind: str = "late", *, on_its_way: timedelta = timedelta(0)) -> StoredEvent:
    occurred_at = NOW - timedelta(days=days_ago)
    return StoredEvent(
        event_id=str(uuid.uuid4()), kind=kind, occurred_at=occurred_at, arrived_at=occurred_at + on_its_way
    )


def test_kinds_are_counted_by_week_and_in_two_spans_of_seven_days() -> None:
    profile = profile_of([event(0), event(1), event(6.9), event(7), event(20, "participation")], now=NOW, zone=SANTIAGO)
    late, participation = profile.kinds
    mondays = [date(2026, 10, 19) + timedelta(weeks=number) for number in range(6)]
    assert late == KindCount(
        kind="late",
        category=Category.ATTENDANCE,
        events=4,
        late_clocks=0,
        early_clocks=0,
        weeks=tuple(map(WeekCount, mondays, (0, 0, 0, 0, 3, 1))),
        last_7_days=3,
        previous_7_days=1,
        last_at=NOW,
    )
    assert (participation.events, participation.last_7_days, participation.previous_7_days) == (1, 0, 0)
    assert sum(week.events for week in participation.weeks) == 1


def test_kind_tells_how_many_of_its_clocks_were_late_or_early() -> None:
    ways = [timedelta(hours=2), timedelta(minutes=-10), timedelta(minutes=-5), timedelta(0)]
    [kind] = profile_of([event(1, on_its_way=way) for way in ways], now=NOW, zone=SANTIAGO).kinds
    assert (kind.events, kind.late_clocks, kind.early_clocks) == (4, 1, 2)


def test_kind_from_before_the_catalogue_has_no_category() -> None:
    [kind] = profile_of([event(1, "older_kind")], now=NOW, zone=SANTIAGO).kinds
    assert (kind.kind, kind.category) == ("older_kind", None)


def test_week_begins_on_monday_by_the_schools_clocks() -> None:
    sunday_evening = event((NOW - datetime(2026, 11, 23, 2, 30, tzinfo=UTC)) / timedelta(days=1))
    [kind] = profile_of([sunday_evening], now=NOW, zone=SANTIAGO).kinds
    assert [week.starts_on for week in kind.weeks if week.events] == [date(2026, 11, 16)]
    [kind] = profile_of([sunday_evening], now=NOW, zone=ZoneInfo("UTC")).kinds
    assert [week.starts_on for week in kind.weeks if week.events] == [date(2026, 11, 23)]


def test_latest_are_the_last_ten_of_all_kinds() -> None:
    events = [event(number / 10, "late" if number % 2 else "participation") for number in range(25)]
    assert profile_of(reversed(events), now=NOW, zone=SANTIAGO).latest == tuple(events[:LATEST])


def test_student_without_events_has_an_empty_profile() -> None:
    profile = profile_of([], now=NOW, zone=SANTIAGO)
    assert (profile.kinds, profile.latest, profile.since) == ((), (), NOW - KEPT_FOR)


@given(st.lists(st.floats(-0.01, 40), max_size=60), st.sampled_from(["America/Santiago", "Pacific/Kiritimati", "UTC"]))
def test_no_event_of_the_last_thirty_days_is_left_out_of_its_weeks(days: list[float], zone: str) -> None:
    events = [event(ago) for ago in days]
    counted = sum(one.occurred_at > NOW - KEPT_FOR for one in events)
    kinds = profile_of(events, now=NOW, zone=ZoneInfo(zone)).kinds
    assert sum(kind.events for kind in kinds) == counted
    assert sum(week.events for kind in kinds for week in kind.weeks) == counted
