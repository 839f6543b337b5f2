"""Real Celery workers on the queue: the chain of messages, a kill -9, the commands."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command

from edu.errors import InvalidInputError
from edu.schools import list_schools
from edu.tenancy import enter_school
from govsync import services, tasks
from govsync.domain.states import RunState
from govsync.services import reading
from tests.integration.govsync.support import API_KEY, RUN_ID, pending_count, record_grades
from tests.support.cloud import acting_as
from tests.support.processes import running_worker
from tests.support.schools import CLOSED_TERM, OPEN_TERM
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from tests.integration.govsync.support import Driver, Government
    from tests.support.cloud import Cloud
    from tests.support.processes import Process
    from tests.support.schools import TestSchool


@pytest.fixture
def empty_queue(cloud: Cloud) -> None:
    """No message of another test."""
    cloud.root("sqs").purge_queue(QueueUrl=cloud.outputs["GovsyncQueueUrl"])


def working(cloud: Cloud, government: Government) -> AbstractContextManager[Process]:
    return running_worker(cloud, queues="govsync", LIBRETA_GOV_API_URL=government.url, LIBRETA_GOV_API_KEY=API_KEY)


def state_of_run() -> RunState:
    return services.describe_run(run_id=RUN_ID).run.state


@pytest.mark.usefixtures("empty_queue")
def test_ordered_sync_is_swept_and_carried_to_its_end(cloud: Cloud, driver: Driver, school: TestSchool) -> None:
    record_grades(school, "5.5", "6.0", "6.9")
    with acting_as("operator"):
        said = io.StringIO()
        call_command("start_sync", term=OPEN_TERM, school=school.school_id, stdout=said)
    assert said.getvalue() == f"{school.school_id} {RUN_ID} preparing\n"
    with working(cloud, driver.government) as worker:
        tasks.sweep_due_runs.apply_async()
        wait_until(lambda: state_of_run() is RunState.RECONCILED, what="the run to end", timeout_s=60)
    assert pending_count() == 0
    assert "student-" not in worker.log
    assert '"6.9"' not in worker.log
    shown = io.StringIO()
    call_command("sync_status", school=school.school_id, run=RUN_ID, stdout=shown)
    assert "run.reconciled" in shown.getvalue()
    assert "student-" not in shown.getvalue()


@pytest.mark.usefixtures("empty_queue")
def test_worker_killed_while_the_government_is_silent_sends_nothing_twice(
    cloud: Cloud, driver: Driver, school: TestSchool
) -> None:
    record_grades(school, "5.5", "6.0", "6.9")
    driver.government.fail(action="hang", on="submit", effect=True, hold_s=60)
    services.start_sync(term_id=OPEN_TERM, actor="somebody")
    with working(cloud, driver.government) as worker:
        tasks.advance_run.apply_async(kwargs={"school_id": school.school_id, "run_id": RUN_ID})
        wait_until(lambda: driver.government.effects() == 1, what="the batch's effect", timeout_s=60)
        worker.kill()
    assert pending_count() == 3
    report = driver.finish()
    assert (report.run.state, pending_count()) == (RunState.RECONCILED, 0)
    assert [request["operation"] for request in driver.government.requests()] == ["submit", "ask", "held"]
    assert "batch.interrupted" in {entry.event for entry in report.history}


def test_start_sync_for_all_skips_schools_without_the_term(
    driver: Driver, school: TestSchool, other_school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_grades(school, "5.5")
    only(monkeypatch, school, other_school)
    said, complained = io.StringIO(), io.StringIO()
    with acting_as("operator"):
        call_command("start_sync", "--all", term=OPEN_TERM, stdout=said, stderr=complained)
        with pytest.raises(CommandError):
            call_command("start_sync", "--all", term="no-such-term", stdout=said, stderr=complained)
        with pytest.raises(InvalidInputError):
            call_command("start_sync", term="no-such-term", school=school.school_id)
    started = [line.split()[0] for line in said.getvalue().splitlines()]
    assert {school.school_id, other_school.school_id} <= set(started)
    assert f"{school.school_id}: no such term" in complained.getvalue()
    driver.finish()
    with enter_school(other_school.school_id):
        driver.finish()


def only(monkeypatch: pytest.MonkeyPatch, *schools: TestSchool) -> None:
    """Have ``--all`` see these of the registered schools: those of other tests may owe grades of the same term."""
    ids = {school.school_id for school in schools}
    registered = [school for school in list_schools() if school.school_id in ids]
    monkeypatch.setattr("edu.schools.list_schools", lambda: registered)


def test_start_sync_of_a_term_already_sent_says_what_is_pending(
    driver: Driver, school: TestSchool, other_school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_grades(school, "5.5")
    order = {"term": OPEN_TERM, "school": school.school_id}
    call_command("start_sync", **order, stdout=io.StringIO())
    driver.finish()
    said = io.StringIO()
    call_command("start_sync", **order, stdout=said)
    assert said.getvalue().split(maxsplit=3)[1:] == [
        *(RUN_ID, "reconciled"),
        "already sent: nothing started; 0 grades are pending\n",
    ]
    record_grades(school, "6.0", "6.5")
    with pytest.raises(CommandError, match=school.school_id):
        call_command("start_sync", **order, stdout=said)
    assert said.getvalue().endswith("already sent: nothing started; 2 grades are pending; use --again\n")
    only(monkeypatch, school, other_school)
    with acting_as("operator"), pytest.raises(CommandError, match=school.school_id):
        call_command("start_sync", "--all", term=OPEN_TERM, stdout=said)
    assert said.getvalue().count(f"{other_school.school_id} {RUN_ID} preparing") == 1

    call_command("start_sync", "--again", **order, stdout=said)
    call_command("start_sync", **order, stdout=said)
    assert said.getvalue().count(f"{school.school_id} {OPEN_TERM}-r2 preparing\n") == 2
    assert driver.finish(f"{OPEN_TERM}-r2").run.state is RunState.RECONCILED
    with enter_school(other_school.school_id):
        driver.finish()


def test_sync_status_counts_what_is_pending_after_a_reconciled_run(
    driver: Driver, school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_grades(school, "5.5")
    services.start_sync(term_id=OPEN_TERM, actor="somebody")
    driver.finish()
    assert status(school)[1:] == [f"{CLOSED_TERM} pending=0", f"{OPEN_TERM} pending=0"]
    record_grades(school, "6.0", "6.5", "6.9")
    assert status(school)[0].startswith(f"{RUN_ID} reconciled")
    assert status(school)[2] == f"{OPEN_TERM} pending=3"
    assert status(school, run=RUN_ID)[1] == f"{OPEN_TERM} pending=3"
    monkeypatch.setattr(reading, "MAX_PENDING_COUNTED", 2)
    assert status(school)[2] == f"{OPEN_TERM} pending=2+"


def status(school: TestSchool, **run: str) -> list[str]:
    """What ``sync_status`` prints, without the school's id."""
    shown = io.StringIO()
    call_command("sync_status", school=school.school_id, stdout=shown, **run)
    return [line.removeprefix(f"{school.school_id} ") for line in shown.getvalue().splitlines()]


def test_start_sync_again_starts_a_further_run(driver: Driver, school: TestSchool) -> None:
    record_grades(school, "5.5")
    for expected in ("r1 preparing", "r1 preparing"):
        said = io.StringIO()
        call_command("start_sync", "--again", term=OPEN_TERM, school=school.school_id, stdout=said)
        assert expected in said.getvalue()
    driver.finish()
    said = io.StringIO()
    call_command("start_sync", "--again", term=OPEN_TERM, school=school.school_id, stdout=said)
    assert "r2 preparing" in said.getvalue()
    driver.finish(f"{OPEN_TERM}-r2")
