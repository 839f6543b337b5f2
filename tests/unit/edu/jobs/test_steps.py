"""Steps over a store in memory: whatever dies and whenever, each unit ends done or given up, and the job ends."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from unittest import mock

from hypothesis import given
from hypothesis import strategies as st

from edu.jobs import repository, steps
from edu.jobs.domain import LOST, MAX_ATTEMPTS, Job, JobKind
from edu.jobs.errors import JobMovedError
from edu.jobs.steps import Units, take_step

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KIND = JobKind("test")
NOW = datetime(2026, 12, 3, 12, tzinfo=UTC)
MOST_STEPS = 100
names = st.lists(st.text("abcde0123", min_size=1, max_size=4), unique=True, max_size=12).map(sorted)


class Died(BaseException):
    """A worker's end, which nothing in the product catches."""


class Store:
    """What the table does for one job: a write counts only on the version it was made from."""

    def __init__(self) -> None:
        self.stored: Job | None = None
        self.writes = 0

    def find(self, _kind: str, _job_id: str) -> Job | None:
        return self.stored

    def get(self, _kind: str, _job_id: str) -> Job:
        assert self.stored is not None
        return self.stored

    def start(self, kind: str, job_id: str, *, order: Mapping[str, Any]) -> Job:
        self.stored = Job(kind=kind, job_id=job_id, started_at=NOW, updated_at=NOW, order=order)
        return self.stored

    def save(self, job: Job) -> Job:
        if self.stored is None or self.stored.version != job.version:
            raise JobMovedError
        self.writes += 1
        self.stored = replace(job, version=job.version + 1)
        return self.stored

    def patched(self) -> Any:
        patches: dict[str, Any] = {
            "find_job": self.find,
            "get_job": self.get,
            "start_job": self.start,
            "save_job": self.save,
        }
        return mock.patch.multiple(repository, **patches)


def run_to_its_end(plan: Units, *, limit: int) -> Iterator[Job]:
    """The job after each step, with a new worker for each that died."""
    for _ in range(MOST_STEPS):
        try:
            step = take_step(KIND, "job-1", lambda _job: plan, limit=limit)
        except Died:
            continue
        yield step.job
        if not step.more:
            return
    raise AssertionError("the job does not end")


@given(names, st.data(), st.integers(1, 5))
def test_each_unit_is_done_or_given_up_whatever_dies(units: list[str], data: st.DataObject, limit: int) -> None:
    deaths = data.draw(st.fixed_dictionaries({unit: st.integers(0, 3) for unit in units}))
    needed = data.draw(st.sets(st.sampled_from(units))) if units else set()
    begun: Counter[str] = Counter()

    def work(unit: str) -> dict[str, int]:
        begun[unit] += 1
        if begun[unit] <= deaths[unit]:
            raise Died
        return {"units": 1}

    with Store().patched():
        *_, job = run_to_its_end(Units(units, work, needed.__contains__), limit=limit)
    hopeless = [unit for unit in units if unit in needed and deaths[unit] >= MAX_ATTEMPTS]
    assert (job.done, job.total, job.failures) == (len(units), len(units), len(hopeless))
    assert list(job.failed) == hopeless
    assert job.counts.get("units", 0) == len(needed) - len(hopeless)
    assert begun == {unit: min(deaths[unit] + 1, MAX_ATTEMPTS) for unit in needed}
    assert job.finished_at is not None


def test_units_that_need_nothing_cost_no_write() -> None:
    store = Store()
    with store.patched():
        step = take_step(KIND, "job-1", lambda _job: Units([*"abcdef"], _never, lambda _unit: False), limit=2)
    assert (step.more, step.job.done, store.writes) == (False, 6, 1)


def _never(unit: str) -> dict[str, int]:
    raise AssertionError(unit)


def test_step_ends_at_its_limit_and_the_next_goes_on_there() -> None:
    store, done = Store(), []

    def work(unit: str) -> dict[str, int]:
        done.append(unit)
        return {}

    with store.patched():
        seen = [job.position for job in run_to_its_end(Units([*"abcde"], work), limit=2)]
    assert (seen, done) == (["b", "d", "e"], [*"abcde"])


def test_order_is_the_first_steps_and_a_finished_job_asks_for_no_units() -> None:
    store = Store()
    with store.patched():
        first = take_step(KIND, "job-1", lambda _job: Units([], _never), limit=1, order={"full": True})
        second = take_step(KIND, "job-1", lambda _job: Units(["a"], _never), limit=1, order={"full": False})
    assert first.job == second.job
    assert (second.job.order, second.more) == ({"full": True}, False)


def test_slower_worker_stops_at_its_next_write() -> None:
    store = Store()
    worked: list[str] = []

    def work(unit: str) -> dict[str, int]:
        worked.append(unit)
        if len(worked) == 1:  # while the first is at it, another takes the job to its end
            take_step(KIND, "job-1", lambda _job: Units([*"ab"], work), limit=9)
        return {}

    with store.patched():
        slower = take_step(KIND, "job-1", lambda _job: Units([*"ab"], work), limit=9)
    assert (slower.result, slower.job, worked) == (LOST, store.stored, [*"aab"])
    assert store.stored is not None
    assert store.stored.failures == 0


def test_steps_of_another_worker_are_not_rescheduled() -> None:
    due = mock.Mock()
    with mock.patch.multiple(repository, put_due=due, remove_due=due):
        steps.reschedule(KIND, mock.Mock(), LOST)
    due.assert_not_called()
