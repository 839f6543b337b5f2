"""The nightly consolidation: in steps, with real workers, killed on the way; and the operator's commands."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command

from edu import clock
from edu.schools import RegisteredSchool, register_school
from edu.tasks import MissingSchoolError
from edu.tenancy import InvalidSchoolIdError, enter_school
from evaluations import tasks
from evaluations.domain.school import Section
from evaluations.repository import consolidated, roster, stale_marks
from evaluations.repository import nightly as progress_items
from evaluations.services.reports import consolidating, nightly
from tests.integration.evaluations.gradebook import correct, record, set_evaluation
from tests.support.calls import counted_calls
from tests.support.cloud import acting_as
from tests.support.processes import running_worker
from tests.support.schools import CLOSED_TERM, OPEN_TERM
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evaluations.domain.evaluation import Score
    from evaluations.repository.nightly import Progress
    from tests.support.cloud import Cloud
    from tests.support.schools import TestSchool

RUN = "2026-11-24"
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


def run_of(school_id: str, run_id: str = RUN) -> Progress | None:
    with enter_school(school_id):
        return progress_items.get_progress(run_id)


def is_done(school_id: str) -> bool:
    found = run_of(school_id)
    return found is not None and found.finished_at is not None


def test_first_run_does_everything_and_the_next_what_has_changed(
    school: TestSchool, score: Score, done: list[str]
) -> None:
    first = nightly.consolidate_next(run_id=RUN)
    assert (first.more, done) == (False, PLACES)
    found = first.progress
    assert (found.visited, found.total, found.consolidated, found.grades_written) == (4, 4, 4, 3)
    assert stale_marks.list_stale(OPEN_TERM, "mat-5a") == []
    done.clear()
    assert nightly.consolidate_next(run_id="2026-11-25").progress.visited == 4
    assert done == []
    correct(school, score, "3.0")
    changed = nightly.consolidate_next(run_id="2026-11-26").progress
    assert (done, changed.consolidated, changed.grades_written) == ([f"{OPEN_TERM}/mat-5a"], 1, 1)
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
    again = nightly.consolidate_next(run_id="full", full=True).progress
    assert (done, again.consolidated, again.grades_written, again.full) == (PLACES, 4, 0, True)


@pytest.mark.usefixtures("score")
def test_run_goes_on_where_it_stood_and_is_done_once(done: list[str]) -> None:
    first = nightly.consolidate_next(run_id=RUN, limit=3)
    assert (first.more, first.progress.visited, first.progress.finished_at) == (True, 3, None)
    second = nightly.consolidate_next(run_id=RUN, limit=3)
    assert (second.more, second.progress.visited, done) == (False, 4, PLACES)
    assert nightly.consolidate_next(run_id=RUN).progress == second.progress
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
    found = nightly.consolidate_next(run_id=RUN).progress
    assert found.finished_at is not None
    assert (found.failed, found.consolidated, found.visited) == ((broken,), 3, 4)
    monkeypatch.undo()
    assert nightly.consolidate_next(run_id="2026-11-25").progress.consolidated == 1


@pytest.mark.usefixtures("score")
def test_two_processes_on_one_run_do_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    consolidate = consolidating.consolidate_section
    others: list[nightly.Step] = []

    def while_another_is_faster(*, term_id: str, section_id: str) -> consolidating.SectionResult:
        if not others:
            others.append(nightly.Step(progress_items.start("other", full=False), more=False))
            others.append(nightly.consolidate_next(run_id=RUN))
        return consolidate(term_id=term_id, section_id=section_id)

    monkeypatch.setattr(consolidating, "consolidate_section", while_another_is_faster)
    slower = nightly.consolidate_next(run_id=RUN)
    assert others[1].progress.finished_at is not None
    assert (slower.more, slower.progress) == (False, others[1].progress)


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


def _add_sections(count: int) -> None:
    sections = [
        Section(
            section_id=f"s-{n:03d}", course_id="mat-5", school_year=2026, name=f"Taller {n}", teacher_id="teacher-2"
        )
        for n in range(count)
    ]
    roster.put_roster(courses=[], teachers=[], sections=sections, students=[], enrolments=[])


def test_workers_killed_on_the_way_do_not_stop_the_night(
    cloud: Cloud, short_queue: str, school: TestSchool, other_school: TestSchool
) -> None:
    """Two schools of 182 places; kill -9 in the middle of a step; another worker finishes both."""
    for each in (school, other_school):
        with enter_school(each.school_id):
            _add_sections(89)
            record(each, set_evaluation(each), "6.5")
    with acting_as("worker"):
        for each in (school, other_school):
            tasks.consolidate_school.apply_async(kwargs={"school_id": each.school_id, "run_id": RUN})
    with running_worker(cloud, queues="maintenance") as worker:
        wait_until(lambda: (run := run_of(school.school_id)) and run.visited >= 10, what="some sections", timeout_s=120)
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
    for each in (school, other_school):
        found = run_of(each.school_id)
        assert found is not None
        assert (found.visited, found.total, found.failed) == (182, 182, ())
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
            progress_items.start("2026-01-01", full=True)
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
