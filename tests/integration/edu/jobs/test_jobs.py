"""Jobs on the real table: versions, two workers, a kill in mid-step, the due list, and whose they are."""

from __future__ import annotations

import sys
import threading
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from edu import clock
from edu.dynamo import table
from edu.dynamo.errors import AccessDeniedError
from edu.jobs import repository, steps
from edu.jobs.domain import CONTINUE, FINISHED, DueJob, JobKind, StepEnd, wait_until
from edu.jobs.errors import JobMovedError, JobNotFoundError
from edu.jobs.steps import Units, take_step
from edu.tenancy import enter_platform, enter_school
from tests.integration.edu.jobs.victim import UNITS
from tests.support.processes import Process

if TYPE_CHECKING:
    from tests.support.cloud import Cloud

KIND = JobKind("test")
NOW = datetime(2026, 12, 3, 12, tzinfo=UTC)


@pytest.fixture
def kind() -> JobKind:
    """A kind of job that nobody else uses, whose due list is the test's own."""
    return JobKind(f"test-{uuid.uuid4().hex[:8]}", watchdog_s=60.0, max_hand_outs=2)


def due_of(kind: JobKind) -> list[DueJob]:
    return repository.list_due(kind.name)


# --- a job and its versions


@pytest.mark.usefixtures("in_school")
def test_job_comes_back_as_it_was_saved() -> None:
    job = repository.start_job("test", "job-1", order={"file": "alumnos.csv", "rows": 3, "full": True})
    assert repository.get_job("test", "job-1") == job
    saved = repository.save_job(job.begun("a").completed("a", {"new": 2}).given_up("b").ended(clock.now()))
    assert saved.version == 2
    assert repository.get_job("test", "job-1") == saved


@pytest.mark.usefixtures("in_school")
def test_job_that_was_never_started_is_not_there() -> None:
    assert repository.find_job("test", "job-1") is None
    with pytest.raises(JobNotFoundError):
        repository.get_job("test", "job-1")


@pytest.mark.usefixtures("in_school")
def test_of_two_writes_on_one_version_the_second_is_refused() -> None:
    job = repository.start_job("test", "job-1", order={})
    with pytest.raises(JobMovedError):
        repository.start_job("test", "job-1", order={})
    repository.save_job(job.passed("a"))
    with pytest.raises(JobMovedError):
        repository.save_job(job.passed("b"))
    assert repository.get_job("test", "job-1").position == "a"


@pytest.mark.usefixtures("in_school")
def test_jobs_of_a_kind_are_listed_page_by_page_last_first() -> None:
    for name, job_id in (("test", "1"), ("test", "2"), ("test", "3"), ("test2", "4"), ("tes", "5")):
        repository.start_job(name, job_id, order={})
    first = repository.list_jobs("test", limit=2)
    second = repository.list_jobs("test", limit=2, cursor=first.cursor)
    assert [job.job_id for job in first.items + second.items] == ["3", "2", "1"]


# --- workers


def test_of_two_workers_on_one_job_one_ends_it_and_the_other_stops(in_school: str) -> None:
    units = [f"{number:02d}" for number in range(12)]
    done: list[str] = []
    ends: list[StepEnd] = []
    failures: list[BaseException] = []
    both = threading.Barrier(2)

    def work(unit: str) -> dict[str, int]:
        done.append(unit)
        return {"units": 1}

    def labour() -> None:
        try:
            with enter_school(in_school):
                both.wait()
                end = StepEnd.CONTINUE
                while end is StepEnd.CONTINUE:
                    end = take_step(KIND, "job-1", lambda _job: Units(units, work), limit=3).result.end
                ends.append(end)
        except BaseException as error:  # noqa: BLE001 - shown by the test
            failures.append(error)

    workers = [threading.Thread(target=labour) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    job = repository.get_job("test", "job-1")
    assert failures == []
    assert StepEnd.FINISHED in ends
    assert set(ends) <= {StepEnd.FINISHED, StepEnd.LOST}
    assert (job.done, job.total, job.failed, dict(job.counts)) == (12, 12, (), {"units": 12})
    assert job.finished_at is not None
    assert set(done) == set(units)


def test_worker_killed_twice_in_one_unit_does_not_stop_the_others(cloud: Cloud, in_school: str) -> None:
    for attempt in (1, 2):
        command = [sys.executable, "-m", "tests.integration.edu.jobs.victim", in_school, "job-1", "b"]
        victim = Process(command, cloud.process_environment("worker"))
        victim.wait_until_ready(lambda victim=victim: "stuck at b" in victim.log, "the victim")  # type: ignore[misc]
        victim.kill()
        job = repository.get_job("test", "job-1")
        assert (job.attempting, job.attempts, job.position, dict(job.counts)) == ("b", attempt, "a", {"done": 1})
    last = take_step(KIND, "job-1", lambda _job: Units(UNITS, lambda _unit: {"done": 1}), limit=9)
    assert (last.more, last.job.failed, dict(last.job.counts)) == (False, ("b",), {"done": 2})


class Vanished(BaseException):
    """A worker's end, which nothing in the product catches."""


@pytest.mark.usefixtures("in_school")
def test_unit_a_worker_died_in_once_is_done_by_the_next() -> None:
    begun: list[str] = []

    def work(unit: str) -> dict[str, int]:
        begun.append(unit)
        if begun == ["a", "b"]:
            raise Vanished
        return {"done": 1}

    with pytest.raises(Vanished):
        take_step(KIND, "job-1", lambda _job: Units(UNITS, work), limit=9)
    last = take_step(KIND, "job-1", lambda _job: Units(UNITS, work), limit=9)
    assert (begun, last.job.failed, dict(last.job.counts)) == (["a", "b", "b", "c"], (), {"done": 3})


# --- the due list


@pytest.mark.usefixtures("as_worker")
def test_due_job_is_handed_out_once_and_again_when_nobody_moves_it(
    kind: JobKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = DueJob(kind.name, "job-1", NOW, "norte")
    repository.add_due(due)
    repository.add_due(DueJob(kind.name, "job-1", NOW + timedelta(hours=1), "norte"))  # it is on the list already
    handed: list[int] = []
    with capture_logs() as logs:
        for minute in (0, 0, 2, 2, 4, 6):
            monkeypatch.setattr(clock, "now", lambda minute=minute: NOW + timedelta(minutes=minute))
            handed.append(len(list(steps.hand_out(kind, due_of(kind)))))
    assert handed == [1, 0, 1, 0, 0, 0]
    assert due_of(kind) == []
    (error,) = [entry for entry in logs if entry["log_level"] == "error"]
    assert (error["event"], error["school_id"], error["job_id"]) == ("job given up", "norte", "job-1")


@pytest.mark.usefixtures("as_worker")
def test_of_two_sweeps_that_saw_the_same_list_one_gets_the_job(kind: JobKind) -> None:
    repository.put_due(DueJob(kind.name, "job-1", NOW, "norte"))
    seen = due_of(kind)
    now = NOW + timedelta(seconds=1)
    assert [repository.replace_due(entry, entry.handed_out(now, kind)) for entry in seen * 2] == [True, False]


@pytest.mark.usefixtures("as_worker")
def test_list_says_when_to_look_again(kind: JobKind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    due = DueJob(kind.name, "job-1", NOW, "norte", NOW + timedelta(hours=48))
    steps.reschedule(kind, due, CONTINUE)
    assert [entry.due_at for entry in due_of(kind)] == [NOW + timedelta(seconds=60)]
    steps.reschedule(kind, due, wait_until(NOW + timedelta(seconds=5)))
    assert [entry.due_at for entry in due_of(kind)] == [NOW + timedelta(seconds=5)]
    for _ in range(2):
        steps.reschedule(kind, due, FINISHED)
        assert due_of(kind) == []


# --- whose they are


def test_other_schools_jobs_are_not_there(in_school: str, other_school_id: str) -> None:
    repository.start_job("test", "job-1", order={})
    with enter_school(other_school_id):
        assert repository.find_job("test", "job-1") is None
        assert repository.list_jobs("test").items == []
        with pytest.raises(AccessDeniedError):
            table.query_page(table.Query(f"SCHOOL#{in_school}#JOBS"))
        for partition in ("PLATFORM#JOBS", "PLATFORM#JOBS#DUE"):
            with pytest.raises(AccessDeniedError):
                table.query_page(table.Query(partition))


def test_platforms_own_job_is_no_schools(as_worker: Cloud, kind: JobKind, school_id: str) -> None:
    assert as_worker.outputs
    with enter_platform():
        repository.start_job(kind.name, "job-1", order={})
    with enter_school(school_id):
        assert repository.find_job(kind.name, "job-1") is None
        own = repository.start_job(kind.name, "job-1", order={"own": True})
    with enter_platform():
        assert repository.get_job(kind.name, "job-1") != own
        with pytest.raises(AccessDeniedError):
            table.query_page(table.Query(f"SCHOOL#{school_id}#JOBS"))
    for due in (DueJob(kind.name, "job-1", NOW), DueJob(kind.name, "job-1", NOW, school_id)):
        repository.put_due(due)
    assert {entry.school_id for entry in due_of(kind)} == {None, school_id}
