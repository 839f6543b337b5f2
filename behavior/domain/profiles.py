"""A student's behaviour of the last weeks, counted. Pure: the time is an argument."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from behavior.domain.events import KEPT_FOR, Clock, StoredEvent
from behavior.domain.kinds import Category, category_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from zoneinfo import ZoneInfo

LATEST = 10
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class WeekCount:
    """How many events of a kind there were in the week from this Monday on, by the school's clocks."""

    starts_on: date
    events: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KindCount:
    """The events of a kind: in all, in each week from the first, and in the last seven days beside the seven before."""

    kind: str
    category: Category | None
    events: int
    late_clocks: int
    early_clocks: int
    weeks: tuple[WeekCount, ...]
    last_7_days: int
    previous_7_days: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a student's device told of since ``since``; kinds by name, and the latest events of all kinds."""

    since: datetime
    as_of: datetime
    kinds: tuple[KindCount, ...]
    latest: tuple[StoredEvent, ...]


def profile_of(events: Iterable[StoredEvent], *, now: datetime, zone: ZoneInfo) -> Profile:
    """The profile of events that happened in the last 30 days; what devices say of the future counts as of now."""
    since = now - KEPT_FOR
    counted = sorted(
        (event for event in events if event.occurred_at > since),
        key=lambda event: (event.occurred_at, event.event_id),
        reverse=True,
    )
    by_kind: dict[str, list[StoredEvent]] = defaultdict(list)
    for event in counted:
        by_kind[event.kind].append(event)
    kinds = tuple(_count(kind, by_kind[kind], since, now, zone) for kind in sorted(by_kind))
    return Profile(since=since, as_of=now, kinds=kinds, latest=tuple(counted[:LATEST]))


def _count(kind: str, events: list[StoredEvent], since: datetime, now: datetime, zone: ZoneInfo) -> KindCount:
    instants = [min(event.occurred_at, now) for event in events]
    clocks = [event.clock for event in events]
    return KindCount(
        kind=kind,
        category=category_of(kind),
        events=len(instants),
        late_clocks=clocks.count(Clock.LATE),
        early_clocks=clocks.count(Clock.EARLY),
        weeks=tuple(
            WeekCount(monday, sum(_monday_of(instant, zone) == monday for instant in instants))
            for monday in _mondays(since, now, zone)
        ),
        last_7_days=sum(now - _WEEK < instant for instant in instants),
        previous_7_days=sum(now - 2 * _WEEK < instant <= now - _WEEK for instant in instants),
        last_at=max(instants),
    )


def _mondays(since: datetime, now: datetime, zone: ZoneInfo) -> Iterator[date]:
    monday = _monday_of(since, zone)
    while monday <= _monday_of(now, zone):
        yield monday
        monday += _WEEK


def _monday_of(instant: datetime, zone: ZoneInfo) -> date:
    day = instant.astimezone(zone).date()
    return day - timedelta(days=day.weekday())
