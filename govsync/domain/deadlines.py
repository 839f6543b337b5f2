"""Will a run end within its 48 hours? How long the work before it takes, and when a person has to know. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from govsync.domain.lanes import COOLING_S, LANES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# With less time than this left, somebody is told whatever the estimate says.
WARN_WITHIN, CRITICAL_WITHIN = timedelta(hours=24), timedelta(hours=12)


class Risk(StrEnum):
    """Whether a run is likely to miss its deadline."""

    NONE = "ok"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True)
class Work:
    """What is left of an open run: batches and pages to come, and what its exchanges so far took."""

    run_id: str
    school_id: str
    deadline_at: datetime
    batches_left: int
    exchanges: int = 0
    exchange_ms: int = 0
    decided: int = 0

    @property
    def requests_left(self) -> float:
        """The requests it will take, at the rate of requests a decided batch that it needed so far, and its list."""
        a_batch = self.exchanges / self.decided if self.decided else 1.0
        return self.batches_left * max(a_batch, 1.0) + 1


def ends_at(work: Sequence[Work], now: datetime) -> Mapping[tuple[str, str], datetime]:
    """When each run (school, run) ends if all goes on as it went: earliest deadline first, two lanes for all."""
    exchanges = sum(each.exchanges for each in work)
    answer_s = sum(each.exchange_ms for each in work) / exchanges / 1000 if exchanges else 0.0
    seconds, found = 0.0, {}
    for each in sorted(work, key=lambda each: (each.deadline_at, each.school_id, each.run_id)):
        seconds += each.requests_left * (COOLING_S + answer_s) / len(LANES)
        found[each.school_id, each.run_id] = now + timedelta(seconds=seconds)
    return found


def risk_of(deadline_at: datetime, ends: datetime, now: datetime) -> Risk:
    """Critical: it is likely to be late, or half a day is left. Warning: it would be with twice the work, or a day."""
    left = deadline_at - now
    if ends > deadline_at or left < CRITICAL_WITHIN:
        return Risk.CRITICAL
    return Risk.WARNING if now + 2 * (ends - now) > deadline_at or left < WARN_WITHIN else Risk.NONE
