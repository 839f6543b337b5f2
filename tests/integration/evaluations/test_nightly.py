"""The nightly consolidation: in steps, with real workers, killed on the way; and the operator's commands."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from structlog.testing import capture_logs

from edu import clock
from edu.jobs import repository as jobs
from edu.schools import RegisteredSchool, register_school
from edu.tasks import MissingSchoolError
from edu.tenancy import InvalidSchoolIdError, enter_school
from evaluations import tasks
from evaluations.domain.school import Section
from evaluations.repository import consolidated, stale_marks
from evaluations.services.reports import consolidating, nightly
from tests.integration.evaluations.calendar import import_again
from tests.integration.evaluations.gradebook import correct, record, set_evaluation
from tests.support.calls import counted_calls
from tests.support.cloud import acting_as
from tests.support.depth import depth
from tests.support.processes import running_worker
from tests.support.schools import CLOSED_TERM, OPEN_TERM
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edu.jobs.domain import Job
    from edu.jobs.steps import JobStep
    from evaluations.domain.evaluation import Score
    from tests.support.cloud import Cloud
    from tests.support.schools import TestSchool

MORE_SECTIONS = depth(35, 89)  # in two terms: three steps or eight
KIND, RUN = nightly.CONSOLIDATION.name, "2026-11-24"
PLACES = [f"{term}/{section}" for term in (CLOSED_TERM, OPEN_TERM) for section in ("len-5a", "mat-5a")]


@pytest.fixture
def score(school: TestSchool) -> Iterator[Score]:
    """The first student's 6.5 in mathematics; the test runs in the school's scope."""
    with enter_school(school.school_id):
        yield record(school, set_evaluation(school), "6.5")


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The places consolidated, in order."""
    places: list[str] = []
    consolidate = consolidating.consolidate_section

    def note(*, term_id: str, section_id: str) -> consolidating.SectionResult:
        places.append(f"{term_id}/{section_id}")
        return consolidate(term_id=term_id, section_id=section_id)

    monkeypatch.setattr(consolidating, "consolidate_section", note)
    return places


@pytest.fixture
def short_queue(cloud: Cloud) -> Iterator[str]:
    """The maintenance queue, empty, giving a dead worker's message out again after five seconds."""
    sqs, url = cloud.root("sqs"), cloud.outputs["MaintenanceQueueUrl"]
    sqs.purge_queue(QueueUrl=url)
    before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "5"})
    yield url
    sqs.set_queue_attributes(QueueUrl=url, Attributes=before)


def run_of(school_id: str, run_id: str = RUN) -> Job | None:
    with enter_school(school_id):
        return jobs.find_job(KIND, run_id)


def is_done(school_id: str) -> bool:
    found = run_of(school_id)
    return found is not None and found.finished_at is not None


def test_first_run_does_everything_and_the_next_what_has_changed(
    school: TestSchool, score: Score, done: list[str]
) -> None:
    first = nightly.consolidate_next(run_id=RUN)
    assert (first.more, done) == (False, PLACES)
    found = first.job
    assert (found.done, found.total, found.counts) == (4, 4, {"consolidated": 4, "grades_written": 3})
    assert stale_marks.list_stale(OPEN_TERM, "mat-5a") == []
    done.clear()
    assert nightly.consolidate_next(run_id="2026-11-25").job.done == 4
    assert done == []
    correct(school, score, "3.0")
    changed = nightly.consolidate_next(run_id="2026-11-26").job
    assert (done, changed.counts) == ([f"{OPEN_TERM}/mat-5a"], {"consolidated": 1, "grades_written": 1})
    grade = consolidated.get_section(OPEN_TERM, "mat-5a").grades[score.student_id].grade
    assert grade.value == "3.0"


def test_incremental_run_reads_two_items_a_section(school: TestSchool, score: Score) -> None:
    assert (score.version, school.school_id) == (1, school.school_id)
    nightly.consolidate_next(run_id=RUN)
    with counted_calls() as calls:
        nightly.consolidate_next(run_id="2026-11-25")
    assert sorted(calls[2:-1]) == ["GetItem"] * 4 + ["Query"] * 5  # marks and summary of each, the list of sections


@pytest.mark.usefixtures("score")
def test_full_run_does_everything_and_changes_nothing(done: list[str]) -> None:
    nightly.consolidate_next(run_id=RUN)
    done.clear()
    again = nightly.consolidate_next(run_id="full", full=True).job
    assert (done, again.counts) == (PLACES, {"consolidated": 4, "grades_written": 0})
    assert again.order["full"] is True


@pytest.mark.usefixtures("score")
def test_run_goes_on_where_it_stood_and_is_done_once(done: list[str]) -> None:
    first = nightly.consolidate_next(run_id=RUN, limit=3)
    assert (first.more, first.job.done, first.job.finished_at) == (True, 3, None)
    second = nightly.consolidate_next(run_id=RUN, limit=3)
    assert (second.more, second.job.done, done) == (False, 4, PLACES)
    assert nightly.consolidate_next(run_id=RUN).job == second.job
    assert len(done) == 4


@pytest.mark.usefixtures("score")
def test_section_that_fails_twice_is_given_up_and_the_others_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    consolidate, broken = consolidating.consolidate_section, f"{OPEN_TERM}/len-5a"

    def fail_one(*, term_id: str, section_id: str) -> consolidating.SectionResult:
        if f"{term_id}/{section_id}" == broken:
            raise ZeroDivisionError
        return consolidate(term_id=term_id, section_id=section_id)

    monkeypatch.setattr(consolidating, "consolidate_section", fail_one)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            nightly.consolidate_next(run_id=RUN)
    found = nightly.consolidate_next(run_id=RUN).job
    assert found.finished_at is not None
    assert (found.failed, found.counts["consolidated"], found.done) == ((broken,), 3, 4)
    monkeypatch.undo()
    assert nightly.consolidate_next(run_id="2026-11-25").job.counts["consolidated"] == 1


@pytest.mark.usefixtures("score")
def test_two_processes_on_one_run_do_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    consolidate = consolidating.consolidate_section
    begun: list[Job] = []
    others: list[JobStep] = []

    def while_another_is_faster(*, term_id: str, section_id: str) -> consolidating.SectionResult:
        if not begun:
            begun.append(jobs.start_job(KIND, "other", order={}))
            others.append(nightly.consolidate_next(run_id=RUN))
        return consolidate(term_id=term_id, section_id=section_id)

    monkeypatch.setattr(consolidating, "consolidate_section", while_another_is_faster)
    slower = nightly.consolidate_next(run_id=RUN)
    assert others[0].job.finished_at is not None
    assert (slower.more, slower.job) == (False, others[0].job)


def test_beat_sends_a_message_for_each_school_that_has_night(
    school: TestSchool, other_school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Santiago is four hours behind UTC in May, Tokyo nine ahead."""
    sent: list[Any] = []
    monkeypatch.setattr(tasks.consolidate_school, "apply_async", lambda *, kwargs: sent.append(kwargs))
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 5, 4, 6, 7, tzinfo=UTC))
    with acting_as("worker"):
        register_school(RegisteredSchool(other_school.school_id, "JP", "Asia/Tokyo"))
        tasks.consolidate_all()
    assert {"school_id": school.school_id, "run_id": "2026-05-04"} in sent
    assert other_school.school_id not in {message["school_id"] for message in sent}


def test_night_that_lost_its_message_is_handed_out_again_and_a_done_one_is_not(
    school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(tasks.consolidate_school, "apply_async", lambda *, kwargs: sent.append(kwargs))
    monkeypatch.setattr(nightly, "list_schools", lambda: [RegisteredSchool(school.school_id, "CL", "America/Santiago")])
    message = {"school_id": school.school_id, "run_id": "2026-05-04"}
    with acting_as("worker"):
        for hour, times in ((6, 1), (7, 2), (8, 3)):
            for _ in range(2):  # two beats
                monkeypatch.setattr(clock, "now", lambda hour=hour: datetime(2026, 5, 4, hour, 7, tzinfo=UTC))
                tasks.consolidate_all()
            assert sent.count(message) == times
        tasks.consolidate_school(**message)
        assert message["run_id"] not in due_runs(school)
        monkeypatch.setattr(clock, "now", lambda: datetime(2026, 5, 4, 9, 7, tzinfo=UTC))
        tasks.consolidate_all()
    assert sent.count(message) == 3


def due_runs(school: TestSchool) -> list[str]:
    return [due.job_id for due in jobs.list_due(KIND) if due.school_id == school.school_id]


def test_night_that_nobody_ever_moves_is_given_up(school: TestSchool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nightly, "list_schools", lambda: [RegisteredSchool(school.school_id, "CL", "America/Santiago")])
    with acting_as("worker"):
        for hour in (6, 7, 8, 9):
            monkeypatch.setattr(clock, "now", lambda hour=hour: datetime(2026, 5, 4, hour, 7, tzinfo=UTC))
            assert due_runs(school) == ([] if hour == 6 else ["2026-05-04"])
            with capture_logs() as logs:
                list(nightly.hand_out_runs())
        assert due_runs(school) == []
    (error,) = [entry for entry in logs if entry.get("school_id") == school.school_id]
    assert (error["event"], error["job_id"], error["log_level"]) == ("job given up", "2026-05-04", "error")


@pytest.mark.parametrize(
    ("message", "error"),
    [({}, MissingSchoolError), ({"school_id": ""}, MissingSchoolError), ({"school_id": "a#b"}, InvalidSchoolIdError)],
)
def test_message_without_a_proper_school_is_refused(cloud: Cloud, message: dict[str, str], error: type) -> None:  # noqa: ARG001 - the cloud must stand
    with pytest.raises(error):
        tasks.consolidate_school(run_id=RUN, **message)


def test_task_touches_its_own_school_only(school: TestSchool, other_school: TestSchool) -> None:
    for each in (school, other_school):
        with enter_school(each.school_id):
            record(each, set_evaluation(each), "6.5")
    with acting_as("worker"):
        tasks.consolidate_school(school_id=school.school_id, run_id=RUN)
    assert is_done(school.school_id)
    assert run_of(other_school.school_id) is None
    with enter_school(other_school.school_id):
        assert consolidated.get_section(OPEN_TERM, "mat-5a").summary is None
        assert len(stale_marks.list_stale(OPEN_TERM, "mat-5a")) == 2


def _add_sections(school: TestSchool, count: int) -> None:
    sections = [
        Section(
            section_id=f"s-{n:03d}", course_id="mat-5", school_year=2026, name=f"Taller {n}", teacher_id="teacher-2"
        )
        for n in range(count)
    ]
    import_again(school.school, sections=sections)


def test_workers_killed_on_the_way_do_not_stop_the_night(
    cloud: Cloud, short_queue: str, school: TestSchool, other_school: TestSchool
) -> None:
    """Two schools of several steps each; kill -9 in the middle of a step; another worker finishes both."""
    for each in (school, other_school):
        with enter_school(each.school_id):
            _add_sections(each, MORE_SECTIONS)
            record(each, set_evaluation(each), "6.5")
    with acting_as("worker"):
        for each in (school, other_school):
            tasks.consolidate_school.apply_async(kwargs={"school_id": each.school_id, "run_id": RUN})
    with running_worker(cloud, queues="maintenance") as worker:
        wait_until(lambda: (run := run_of(school.school_id)) and run.done >= 10, what="some sections", timeout_s=120)
        worker.kill()
    stood = run_of(school.school_id)
    assert stood is not None
    assert stood.finished_at is None
    assert not is_done(other_school.school_id)
    with running_worker(cloud, queues="maintenance") as worker:
        wait_until(
            lambda: is_done(school.school_id) and is_done(other_school.school_id), what="both schools", timeout_s=300
        )
        assert "student-" not in worker.log
    places = 2 * (2 + MORE_SECTIONS)
    for each in (school, other_school):
        found = run_of(each.school_id)
        assert found is not None
        assert (found.done, found.total, found.failed) == (places, places, ())
        with enter_school(each.school_id):
            grade = consolidated.get_section(OPEN_TERM, "mat-5a").grades["student-000"].grade
            assert grade.value == "6.5"
    assert short_queue.endswith("-maintenance")


def test_commands_run_and_show(school: TestSchool, other_school: TestSchool) -> None:
    with enter_school(school.school_id):
        record(school, set_evaluation(school), "6.5")
    said = io.StringIO()
    with acting_as("operator"):
        call_command("consolidation_status", school=school.school_id, stdout=said)
        call_command("consolidate", school=school.school_id, stdout=said)
        with enter_school(school.school_id):
            jobs.start_job(KIND, "2026-01-01", order={"full": True})
        call_command("consolidate", school=school.school_id, run="2026-01-01", stdout=said)
        call_command("consolidation_status", school=school.school_id, last=2, stdout=said)
    nothing, first, full, *listed = said.getvalue().splitlines()
    assert nothing == f"{school.school_id} has no run yet"
    assert "incremental done sections=4/4 consolidated=4 grades=3" in first
    assert f"{school.school_id} 2026-01-01 full done sections=4/4 consolidated=4 grades=0" in full
    assert listed == [full, first]
    assert "student-" not in said.getvalue()
    with acting_as("operator"):
        everybody = io.StringIO()
        call_command("consolidation_status", "--all", stdout=everybody)
    assert f"{other_school.school_id} has no run yet" in everybody.getvalue()
