"""What people do in the sync drill: take parked runs up again, and start anew what ended in review."""

from __future__ import annotations

import io
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from django.core.management import call_command

from edu import clock
from edu.dynamo.keys import Key, joined, school_partition
from edu.dynamo.mapping import instant_text
from edu.dynamo.transactions import Transaction
from edu.identity.principal import Principal, Role
from edu.jobs import repository as jobs
from edu.tenancy import enter_school
from govsync import services
from govsync.domain.reconciliation import healable
from govsync.domain.runs import SYNC, SyncRun
from govsync.domain.states import RunState
from govsync.errors import ReviewError, RunMovedError
from govsync.repository import line as line_repository
from govsync.repository import runs
from tests.drills.sync_grades import DrillSchool
from tests.support.schools import OPEN_TERM

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from edu.jobs.domain import DueJob
    from tests.drills.sync_grades import Differences

_OPERATOR = Principal("manage.py", Role.PLATFORM_OPERATOR, None)
_LONGEST_WAIT_S = 5
_LONGEST_OF_RUN = timedelta(seconds=60)


@dataclass
class People:
    """They look every few seconds; a parked run waits ``patience_s`` for them."""

    schools: list[DrillSchool]
    patience_s: float
    resumed: int = 0
    waits_cut: int = 0
    latest: dict[str, SyncRun] = field(default_factory=dict)
    _parked_at_s: dict[tuple[str, int], float] = field(default_factory=dict)

    def start(self, schools: Iterable[DrillSchool], *, again: bool = False) -> None:
        """``sync start``, school by school."""
        for school in schools:
            order = ["--school", school.school_id, "--term", OPEN_TERM, *(["--again"] if again else [])]
            call_command("sync", "start", *order, stdout=io.StringIO())
            self._read(school)

    def look(self) -> None:
        """Read every open run, and take up those that have been parked for a while."""
        for school in self.schools:
            if school.school_id in self.latest and not self.latest[school.school_id].finished:
                run = self._read(school)
                if run.state is RunState.PARKED and self._has_waited(school, run):
                    self._resume(school, run)

    def are_done(self) -> bool:
        """Whether every run has ended."""
        return all(run.finished for run in self.latest.values())

    def has_stopped(self, school: DrillSchool) -> bool:
        """Whether the school's run has ended, or waits for people."""
        run = self.latest[school.school_id]
        return run.finished or run.state is RunState.PARKED

    def unplanned(self, school: DrillSchool) -> Differences:
        """What the school's last run found to differ beside what was planted."""
        return found_differences(school, self.latest[school.school_id].run_id) - school.differences

    def start_again(self) -> bool:
        """Send what is not as it should be once more; ``False`` when there is no such school."""
        wrong = [school for school in self.schools if self._is_wrong(school, self._read(school))]
        for school in wrong:
            run_id = self.latest[school.school_id].run_id
            with enter_school(school.school_id), suppress(ReviewError):
                if healable(services.describe_run(run_id=run_id).differences):
                    services.retry_differences(run_id=run_id, actor=_OPERATOR, reason="The drill is over")
        self.start(wrong, again=True)
        return bool(wrong)

    def shorten_waits(self) -> None:
        """Nobody waits here for the hour that a government may ask for: neither the line nor a run."""
        found = services.describe_line().upstream
        now = clock.now()
        if found.until is not None and found.wait_s > _LONGEST_WAIT_S:
            until = min(found.until, now + timedelta(seconds=_LONGEST_WAIT_S))
            shorter = replace(found, until=until, wait_s=_LONGEST_WAIT_S, version=found.version + 1)
            self.waits_cut += line_repository.save_upstream(shorter)
        for entry in jobs.list_due(SYNC.name):
            run = self.latest.get(str(entry.school_id))
            if run and run.run_id == entry.job_id and entry.due_at > now + _LONGEST_OF_RUN:
                self._shorten_wait_of(entry, now)

    def _shorten_wait_of(self, entry: DueJob, now: datetime) -> None:
        """The run's own instant is now. A parked one waits for people."""
        with enter_school(str(entry.school_id)):
            run = runs.get_run(entry.job_id)
            if run.state is RunState.PARKED:
                return
            waiting = joined("BATCH", f"{run.open_batches[0]:05d}") if run.state is RunState.SENDING else "RUN"
            key = Key(school_partition("SYNC", run.run_id), waiting)
            transaction = Transaction()
            transaction.update(key, "SET retry_at = :now", {":now": instant_text(now)})
            transaction.commit()
        jobs.put_due(replace(entry, due_at=now))
        self.waits_cut += 1

    def _is_wrong(self, school: DrillSchool, run: SyncRun) -> bool:
        return run.state is not RunState.RECONCILED and (bool(run.reason) or bool(self.unplanned(school)))

    def _read(self, school: DrillSchool) -> SyncRun:
        with enter_school(school.school_id):
            self.latest[school.school_id] = services.list_runs().items[0]
        return self.latest[school.school_id]

    def _has_waited(self, school: DrillSchool, run: SyncRun) -> bool:
        now_s = time.monotonic()
        return now_s - self._parked_at_s.setdefault((school.school_id, run.version), now_s) >= self.patience_s

    def _resume(self, school: DrillSchool, run: SyncRun) -> None:
        which = {"run_id": run.run_id, "actor": _OPERATOR, "reason": "The government answers again"}
        with enter_school(school.school_id), suppress(ReviewError, RunMovedError):
            persons = [batch for batch in services.describe_run(run_id=run.run_id).parked if batch.is_persons]
            if persons:
                services.send_batch_again(number=persons[0].number, **which)  # type: ignore[arg-type]
            else:
                services.resume_run(**which)  # type: ignore[arg-type]
            self.resumed += 1


def found_differences(school: DrillSchool, run_id: str) -> Differences:
    """What a run found to differ, grade by grade."""
    with enter_school(school.school_id):
        found = services.describe_run(run_id=run_id).differences
    return frozenset((each.evaluation_id, each.student_id, each.kind) for each in found)


def say(line: str) -> None:
    """Tell whoever waits."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
