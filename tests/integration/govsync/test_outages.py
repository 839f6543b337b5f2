"""Outages of hours under a virtual clock: a run ends complete, or somebody is told six hours before its deadline.

The steps, the due list, the line's state, the watch over deadlines and the government's outages are the real ones; the
waits are skipped, for us and for the government alike. A lane costs no second: what a request's time is worth is
proved elsewhere (``test_line``).
"""

from __future__ import annotations

import time
from collections import Counter
from contextvars import Context
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from edu.jobs import repository as jobs
from edu.jobs.keeping import KeptJobs
from edu.tenancy import enter_school
from govsync import services
from govsync.domain.runs import DEADLINE, SYNC
from govsync.domain.states import RunState
from govsync.services.lanes import Lane
from govsync.services.turns import Turns
from govsync.services.upstream import UpstreamWatch
from tests.integration.govsync.line_support import forget_line
from tests.integration.govsync.support import RUN_ID, Government, ShiftedClock, pending_count, record_grades
from tests.support.schools import OPEN_TERM

if TYPE_CHECKING:
    from collections.abc import Callable

    from edu.jobs.domain import DueJob
    from tests.support.cloud import Cloud
    from tests.support.schools import TestSchool

T = TypeVar("T")
LOOK_EVERY = timedelta(minutes=30)
EARLY = timedelta(hours=6)
MOST_ROUNDS = 3000
SILENT: dict[str, Any] = {"action": "refuse"}
REFUSING: dict[str, Any] = {"action": "status"}
LOSING_ANSWERS: dict[str, Any] = {"action": "drop", "effect": True}
TAKING_NOTHING: dict[str, Any] = {"action": "status", "on": "submit", "status": 500}


class FreeLane(Lane):
    """A lane that is always ours and always cool; the government's window goes by between two requests."""

    def __init__(self, government: Government) -> None:
        super().__init__("1", renewed_at_s=float("inf"), cool_at_s=0.0)
        self._government = government

    def send(self, request: Callable[[], T]) -> T:
        try:
            return request()
        finally:
            time.sleep(self._government.window_s)


@dataclass
class Days:
    """Virtual days: one worker, and a look at the deadlines every half hour.

    A worker that ``looks_late`` asks a closed line's neutral question at those looks only, minutes late: days
    of it are 1,000 questions otherwise.
    """

    government: Government
    clock: ShiftedClock
    schools: list[str]
    looks_late: bool = False
    alarms: list[tuple[datetime, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._kept, self._upstream = KeptJobs(f"test-{uuid4().hex}"), UpstreamWatch()
        self._turns = Turns(self._kept, self._upstream, services.advance_run)
        self._lane = FreeLane(self.government)
        self._look_at = self.clock.now()

    def pass_until(self, end: datetime) -> None:
        """Let time go by until then, or until no run is left."""
        for _round in range(MOST_ROUNDS):
            now = self.clock.now()
            entries = self._due()
            if not entries or now >= end:
                return
            with capture_logs() as logs:
                if self._look_at <= now:
                    services.watch_deadlines()
                    self._look_at = now + LOOK_EVERY
                ready = [entry for entry in entries if self._may_move(entry, now)]
                if ready:
                    self._take_turn(min(ready, key=lambda entry: entry.due_at))
            self.alarms += [(now, name) for entry in logs if "_aws" in entry for name in _metrics(entry)]
            if not ready:
                self._skip_to(min(self._next(entries, now), self._look_at, end))
        raise AssertionError("time does not go by")

    def _due(self) -> list[DueJob]:
        self._upstream.look()
        return [entry for entry in jobs.list_due(SYNC.name) if entry.school_id in self.schools]

    def _may_move(self, entry: DueJob, now: datetime) -> bool:
        known = self._upstream.known
        return self._kept.may_keep(entry, now) and (known.is_open(now) or known.is_probe_due(now))

    def _take_turn(self, entry: DueJob) -> None:
        kept = self._kept.keep(entry)
        assert kept is not None, "nobody else takes runs"
        Context().run(self._turns.take, kept, self._lane)

    def _next(self, entries: list[DueJob], now: datetime) -> datetime:
        """When there is something to do again; a round in which nothing can be is at least a second."""
        instants = [entry.due_at for entry in entries if entry.due_at > now]
        if not self._upstream.known.is_open(now) and (until := self._upstream.known.until):
            instants = [max(until, self._look_at) if self.looks_late else until]
        return max(min(instants, default=now), now + timedelta(seconds=1))

    def _skip_to(self, instant: datetime) -> None:
        self.clock.skip_to(instant)
        self.government.set(clock_offset_s=self.clock.shift.total_seconds())


@pytest.fixture
def schools(as_worker: Cloud, school: TestSchool, other_school: TestSchool) -> list[TestSchool]:
    """Two schools, and a line that nothing is known of."""
    forget_line(as_worker)
    return [school, other_school]


@pytest.fixture
def days(
    schools: list[TestSchool], government: Government, shifted_clock: ShiftedClock, monkeypatch: pytest.MonkeyPatch
) -> Days:
    """The schools' runs of three batches each have just been started."""
    monkeypatch.setattr("govsync.services.preparing.MAX_BATCH_GRADES", 1)
    for each in schools:
        with enter_school(each.school_id):
            record_grades(each, "5.5", "6.0", "6.9")
            services.start_sync(term_id=OPEN_TERM, actor="somebody")
    return Days(government, shifted_clock, [each.school_id for each in schools])


@pytest.mark.parametrize(("hours", "fault"), [(6, LOSING_ANSWERS), (24, TAKING_NOTHING), (47, SILENT)], ids=str)
def test_outage_ends_complete_and_is_told_of_early(days: Days, hours: int, fault: dict[str, Any]) -> None:
    days.looks_late = hours > 6
    began = days.clock.now()
    over = began + timedelta(hours=hours)
    days.government.set(outages=[fault | {"from_at": began.isoformat(), "to_at": over.isoformat()}])
    days.pass_until(began + DEADLINE)
    told = [at for at, name in days.alarms if name == "SyncDeadlineAtRisk"]
    assert (hours < 24) == (not told), "of what is over in time nobody is told, of what is not somebody is"
    assert not told or began + DEADLINE - min(told) >= EARLY
    assert not [name for _at, name in days.alarms if name == "SyncOverdue"]
    assert "SyncLineBroken" in {name for _at, name in days.alarms}
    for school_id in days.schools:
        with enter_school(school_id):
            report = services.describe_run(run_id=RUN_ID)
            assert (report.run.state, report.run.reason, pending_count()) == (RunState.RECONCILED, "", 0)
            assert report.run.finished_at is not None
            assert report.run.finished_at < over + timedelta(hours=1), "an hour after its end at the latest"
    assert Counter(grade["times"] for grade in days.government.grade_effects()) == {1: 6}


def test_outage_that_outlasts_the_deadline_is_told_of_before_and_after(days: Days) -> None:
    days.looks_late = True
    began = days.clock.now()
    days.clock.skip_to(began + timedelta(hours=40))  # as if nothing of ours had run until then
    days.government.set(outages=[REFUSING | {"from_at": began.isoformat()}])
    days.pass_until(began + DEADLINE + timedelta(hours=1))
    first = {name: min(at for at, each in days.alarms if each == name) for _at, name in days.alarms}
    assert began + DEADLINE - first["SyncDeadlineAtRisk"] >= EARLY
    assert first["SyncOverdue"] - (began + DEADLINE) <= LOOK_EVERY
    days.government.calm()
    days.government.set(outages=[])
    days.pass_until(began + DEADLINE + timedelta(hours=3))
    for school_id in days.schools:
        with enter_school(school_id):
            assert services.describe_run(run_id=RUN_ID).run.state is RunState.RECONCILED


def _metrics(entry: Any) -> list[str]:
    return [metric["Name"] for group in entry["_aws"]["CloudWatchMetrics"] for metric in group["Metrics"]]
