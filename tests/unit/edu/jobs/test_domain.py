"""The rules of a job and of its place on the due list."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from edu.jobs.domain import (
    CONTINUE,
    FINISHED,
    MAX_ATTEMPTS,
    MAX_NAMED_FAILURES,
    DueJob,
    Job,
    JobKind,
    wait_until,
)

NOW = datetime(2026, 12, 3, 12, tzinfo=UTC)
KIND = JobKind("import", watchdog_s=60.0, max_hand_outs=2)
DUE = DueJob(KIND.name, "job-1", NOW, "norte", NOW + timedelta(hours=1))
JOB = Job(kind=KIND.name, job_id="job-1", started_at=NOW, updated_at=NOW, total=3)


def test_unit_that_was_begun_and_never_ended_is_given_up_and_named() -> None:
    job = JOB
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert not job.gives_up("b", KIND)
        job = job.begun("b")
        assert (job.attempting, job.attempts, job.position, job.done) == ("b", attempt, "", 0)
    assert job.gives_up("b", KIND)
    assert not job.gives_up("c", KIND)
    job = job.given_up("b")
    assert (job.failed, job.failures, job.position, job.done) == (("b",), 1, "b", 1)
    assert (job.attempting, job.attempts) == ("", 0)


def test_unit_of_a_kind_that_gives_none_up_is_begun_for_ever() -> None:
    kind, job = replace(KIND, max_attempts=None), JOB
    for _attempt in range(MAX_ATTEMPTS + 3):
        job = job.begun("b")
        assert not job.gives_up("b", kind)


def test_attempts_of_one_unit_do_not_count_for_another() -> None:
    assert JOB.begun("a").completed("a", {}).begun("b").attempts == 1
    assert JOB.begun("a").begun("b").attempts == 1


def test_what_units_bring_is_summed_by_name() -> None:
    job = JOB.begun("a").completed("a", {"rows": 2, "new": 1}).passed("b").begun("c").completed("c", {"rows": 3})
    assert (dict(job.counts), job.done, job.position) == ({"rows": 5, "new": 1}, 3, "c")


def test_only_so_many_failures_are_named() -> None:
    job = JOB
    for number in range(MAX_NAMED_FAILURES + 5):
        job = job.given_up(f"{number:04d}")
    assert (job.failures, len(job.failed), job.failed[0]) == (MAX_NAMED_FAILURES + 5, MAX_NAMED_FAILURES, "0000")


def test_job_that_has_ended_has_everything_behind_it() -> None:
    job = replace(JOB, done=1).ended(NOW)
    assert (job.done, job.finished_at) == (3, NOW)


def test_job_handed_out_and_not_moved_is_due_again_until_it_is_given_up() -> None:
    due, seen = DUE, []
    while not due.is_given_up(KIND):
        due = due.handed_out(NOW, KIND)
        seen.append((due.hand_outs, due.due_at - NOW))
    assert seen == [(1, timedelta(seconds=60)), (2, timedelta(seconds=60))]
    assert not due.is_given_up(replace(KIND, max_hand_outs=None))


@pytest.mark.parametrize(("result", "after_s"), [(CONTINUE, 60), (wait_until(NOW + timedelta(seconds=5)), 5)])
def test_job_that_moved_starts_its_hand_outs_anew(result: object, after_s: int) -> None:
    again = replace(DUE, hand_outs=2).after(result, NOW, KIND)  # type: ignore[arg-type] # a StepResult
    assert again == replace(DUE, due_at=NOW + timedelta(seconds=after_s))


def test_job_that_has_ended_is_on_no_list() -> None:
    assert DUE.after(FINISHED, NOW, KIND) is None


def test_job_is_late_from_its_deadline_on() -> None:
    assert DUE.late_s(NOW) is None
    assert [DUE.late_s(NOW + timedelta(hours=hours)) for hours in (1, 2)] == [0.0, 3600.0]
    assert replace(DUE, deadline_at=None).late_s(NOW + timedelta(days=999)) is None
