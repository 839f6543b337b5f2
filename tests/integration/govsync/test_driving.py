"""A driver over the real due list and line: whose turn it is and when, and what happens to a run that fails."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from edu import clock
from edu.dynamo.errors import StoreUnavailableError
from edu.jobs import repository as jobs
from edu.jobs.domain import CONTINUE, FINISHED, DueJob, StepResult, wait_until
from edu.tenancy import current_school_id
from govsync.domain.answers import HeldPage, NotTaken
from govsync.domain.line import LineState, Upstream
from govsync.domain.runs import SYNC
from govsync.errors import LineClosedError
from govsync.repository import line as repository
from govsync.services import Driver, turns
from govsync.services.line import Line
from tests.integration.govsync.line_support import RUN_ID, due_runs
from tests.integration.govsync.line_worker import Asked
from tests.support import waiting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.cloud import Cloud


@dataclass
class Steps:
    """Steps that do what a test says for their school, and note when they were taken."""

    what: dict[str, Callable[[Line], StepResult]]
    taken: list[tuple[str, datetime]] = field(default_factory=list)

    def __call__(self, *, run_id: str, actor: str, line: Line) -> StepResult:
        assert (run_id, actor[:7]) == (RUN_ID, "worker:")
        school_id = current_school_id()
        self.taken.append((school_id, clock.now()))
        return self.what[school_id](line)

    def count(self, school_id: str) -> int:
        return sum(taken == school_id for taken, _at in self.taken)


@contextmanager
def driving(steps: Steps) -> Iterator[Driver]:
    driver = Driver(f"test-{uuid4().hex}", step=steps)
    thread = threading.Thread(target=driver.run)
    thread.start()
    try:
        yield driver
    finally:
        driver.stop()
        thread.join(30)
        assert not thread.is_alive()


def since(upstream: Upstream) -> datetime:
    assert upstream.since is not None
    return upstream.since


def until(found: Callable[[], bool], what: str, timeout_s: float = 30.0) -> None:
    waiting.wait_until(found, what=what, timeout_s=timeout_s)


def ask(line: Line) -> StepResult:
    line.require_open()
    line.exchange(lambda: Asked(HeldPage((), None)))
    return CONTINUE


def entry_of(school_id: str) -> DueJob | None:
    return next((entry for entry in jobs.list_due(SYNC.name) if entry.school_id == school_id), None)


def test_run_that_fails_stops_no_other_and_is_told_of_when_it_goes_on_failing(
    as_worker: Cloud, school_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "FIRST_BACKOFF_S", 0.05)
    good, bad = f"{school_id}1", f"{school_id}0"

    def fail(_line: Line) -> StepResult:
        raise RuntimeError("a bug of ours")

    steps = Steps({good: ask, bad: fail})
    with due_runs(as_worker, [bad, good]), capture_logs() as logs:
        with driving(steps):
            until(lambda: any("SyncStepFailing" in entry for entry in logs), "the alarm")
            sent = steps.count(good)
            until(lambda: steps.count(good) >= sent + 2, "the other run's turns")
        left = entry_of(bad)
        assert left is not None
        assert (left.keeper, left.hand_outs >= turns.FAILURES_TO_ALARM) == ("", True)
        (alarm,) = [entry for entry in logs if "SyncStepFailing" in entry][:1]
    assert (alarm["school_id"], alarm["failures"]) == (bad, turns.FAILURES_TO_ALARM)
    assert sum(entry["event"] == "run not advanced" for entry in logs) >= turns.FAILURES_TO_ALARM


def test_table_that_is_away_for_a_run_counts_against_nobody(
    as_worker: Cloud, school_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "AWAY_S", 0.2)
    trouble = iter([StoreUnavailableError()] * 7)

    def sometimes(line: Line) -> StepResult:
        if error := next(trouble, None):
            raise error
        return ask(line)

    steps = Steps({school_id: sometimes})
    with due_runs(as_worker, [school_id]), capture_logs() as logs, driving(steps):
        until(lambda: steps.count(school_id) > 7, "the run to go on")
    assert not any("SyncStepFailing" in entry for entry in logs)


def test_run_that_waits_is_taken_up_at_its_instant_and_not_at_a_sweep(as_worker: Cloud, school_id: str) -> None:
    waits: list[datetime] = []

    def wait(_line: Line) -> StepResult:
        waits.append(clock.now() + timedelta(seconds=2.4))
        return wait_until(waits[-1])

    steps = Steps({school_id: wait})
    with due_runs(as_worker, [school_id]), driving(steps):
        until(lambda: len(waits) >= 4, "three waits")
    late_s = [(at - due).total_seconds() for due, (_school, at) in zip(waits, steps.taken[1:], strict=False)]
    assert all(0 <= late < 0.25 for late in late_s), late_s


def test_run_that_has_ended_is_not_looked_at_again(as_worker: Cloud, school_id: str) -> None:
    def end(_line: Line) -> StepResult:
        jobs.remove_due(DueJob(SYNC.name, RUN_ID, clock.now(), school_id))
        return FINISHED

    other = f"{school_id}0"
    steps = Steps({school_id: end, other: ask})
    with due_runs(as_worker, [school_id, other]), driving(steps):
        until(lambda: steps.count(other) >= 4, "the other run's turns")
    assert steps.count(school_id) == 1


def test_driver_that_stops_leaves_nothing_kept(as_worker: Cloud, school_id: str) -> None:
    steps = Steps({school_id: ask})
    with due_runs(as_worker, [school_id]):
        with driving(steps):
            until(lambda: steps.count(school_id) >= 2, "a turn")
        left = entry_of(school_id)
        assert left is not None
        assert (left.keeper, left.hand_outs) == ("", 0)
        assert [lane.owner for lane in repository.list_lanes()] == ["", ""]


def test_order_given_while_a_run_is_kept_is_not_lost(as_worker: Cloud, school_id: str) -> None:
    """A person's order makes it due now; the wait that a step under way then asks for must not put that off."""

    def order_and_wait(_line: Line) -> StepResult:
        if steps.count(school_id) == 1:
            jobs.put_due(DueJob(SYNC.name, RUN_ID, clock.now(), school_id))
        return wait_until(clock.now() + timedelta(minutes=5))

    steps = Steps({school_id: order_and_wait})
    with due_runs(as_worker, [school_id]), driving(steps):
        until(lambda: steps.count(school_id) == 2, "the run's second turn")


@pytest.mark.usefixtures("government")
def test_broken_line_is_opened_by_one_question_and_costs_no_run_a_turn(
    as_worker: Cloud, school_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("govsync.domain.line.FIRST_PROBE_S", 3)
    is_down = threading.Event()
    is_down.set()

    def fail_first(line: Line) -> StepResult:
        try:
            line.require_open()
        except LineClosedError as closed:
            return wait_until(closed.until)
        line.exchange(lambda: Asked(NotTaken("http_503") if is_down.is_set() else HeldPage((), None)))
        return CONTINUE

    schools = [school_id, f"{school_id}0"]
    steps = Steps(dict.fromkeys(schools, fail_first))
    with due_runs(as_worker, schools), capture_logs() as logs, driving(steps):
        until(lambda: repository.find_upstream().state is LineState.BROKEN, "the line to break")
        broken = repository.find_upstream()
        until(lambda: clock.now() - since(broken) > timedelta(seconds=1.5), "requests under way to end")
        is_down.clear()
        until(lambda: repository.find_upstream().state is LineState.OPEN, "the line to open")
        opened_at = since(repository.find_upstream())
        assert opened_at >= since(broken) + timedelta(seconds=3), "not before its question was due"
        meanwhile = [at for _school, at in steps.taken if since(broken) < at < opened_at]
        assert len(meanwhile) <= 2, "turns that were under way"
        until(lambda: steps.taken[-1][1] > opened_at, "the runs to go on")
    (told,) = [entry for entry in logs if "SyncLineBroken" in entry]
    assert (told["cause"], told["school_id"] in schools) == ("http_503", True)


def test_pause_is_kept_by_all_and_ends_by_itself(as_worker: Cloud, school_id: str) -> None:
    answers = iter([NotTaken("http_429", asked_s=3)])

    def pause_first(line: Line) -> StepResult:
        try:
            line.require_open()
        except LineClosedError as closed:
            return wait_until(closed.until)
        line.exchange(lambda: Asked(next(answers, HeldPage((), None))))
        sent.append(time.monotonic())
        return CONTINUE

    sent: list[float] = []
    schools = [school_id, f"{school_id}0"]
    with due_runs(as_worker, schools), driving(Steps(dict.fromkeys(schools, pause_first))):
        until(lambda: len(sent) >= 4, "the runs to go on")
    between = max(later - earlier for earlier, later in itertools.pairwise(sent))
    assert 2.5 < between < 5
