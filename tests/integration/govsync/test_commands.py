"""The sync's commands: orders, given once or twice, and what they say."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command

from edu.errors import InvalidInputError
from edu.schools import list_schools
from edu.tenancy import enter_school
from govsync import services
from govsync.domain.answers import NotTaken
from govsync.domain.lanes import Need
from govsync.domain.states import RunState
from govsync.services import reading
from govsync.services.lanes import Lanes
from govsync.services.upstream import UpstreamWatch
from tests.integration.govsync.line_support import forget_line
from tests.integration.govsync.support import RUN_ID, record_grades
from tests.support.cloud import acting_as
from tests.support.schools import CLOSED_TERM, OPEN_TERM

if TYPE_CHECKING:
    from tests.integration.govsync.support import Driver
    from tests.support.cloud import Cloud
    from tests.support.schools import TestSchool


def test_start_sync_for_all_skips_schools_without_the_term(
    driver: Driver, school: TestSchool, other_school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_grades(school, "5.5")
    only(monkeypatch, school, other_school)
    said, complained = io.StringIO(), io.StringIO()
    with acting_as("operator"):
        call_command("sync", "start", "--all", term=OPEN_TERM, stdout=said, stderr=complained)
        with pytest.raises(CommandError):
            call_command("sync", "start", "--all", term="no-such-term", stdout=said, stderr=complained)
        with pytest.raises(InvalidInputError):
            call_command("sync", "start", term="no-such-term", school=school.school_id)
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
    call_command("sync", "start", **order, stdout=io.StringIO())
    driver.finish()
    said = io.StringIO()
    call_command("sync", "start", **order, stdout=said)
    assert said.getvalue().split(maxsplit=3)[1:] == [
        *(RUN_ID, "reconciled"),
        "already sent: nothing started; 0 grades are pending\n",
    ]
    record_grades(school, "6.0", "6.5")
    with pytest.raises(CommandError, match=school.school_id):
        call_command("sync", "start", **order, stdout=said)
    assert said.getvalue().endswith("already sent: nothing started; 2 grades are pending; use --again\n")
    only(monkeypatch, school, other_school)
    with acting_as("operator"), pytest.raises(CommandError, match=school.school_id):
        call_command("sync", "start", "--all", term=OPEN_TERM, stdout=said)
    assert said.getvalue().count(f"{other_school.school_id} {RUN_ID} preparing") == 1

    call_command("sync", "start", "--again", **order, stdout=said)
    call_command("sync", "start", **order, stdout=said)
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
    call_command("sync", "status", school=school.school_id, stdout=shown, **run)
    return [line.removeprefix(f"{school.school_id} ") for line in shown.getvalue().splitlines()]


def test_start_sync_again_starts_a_further_run(driver: Driver, school: TestSchool) -> None:
    record_grades(school, "5.5")
    for expected in ("r1 preparing", "r1 preparing"):
        said = io.StringIO()
        call_command("sync", "start", "--again", term=OPEN_TERM, school=school.school_id, stdout=said)
        assert expected in said.getvalue()
    driver.finish()
    said = io.StringIO()
    call_command("sync", "start", "--again", term=OPEN_TERM, school=school.school_id, stdout=said)
    assert "r2 preparing" in said.getvalue()
    driver.finish(f"{OPEN_TERM}-r2")


def test_sync_line_says_whose_the_lanes_are_and_why_nothing_is_sent(as_operator: Cloud) -> None:
    forget_line(as_operator)
    assert line_says() == ["lane 1 owner=-", "lane 2 owner=-", "upstream open"]
    lanes, upstream = Lanes("worker-1"), UpstreamWatch()
    lanes.need = Need(wanted=True)
    assert lanes.beat()
    upstream.note(NotTaken("http_503", asked_s=900), school_id="norte", is_probe=False)
    taken, paused = line_says()[:2], line_says()[2]
    assert taken == ["lane 1 owner=worker-1", "lane 2 owner=worker-1"]
    assert paused.startswith("upstream paused since=")
    assert paused.endswith(" cause=http_503 school=norte")
    forget_line(as_operator)


def line_says() -> list[str]:
    said = io.StringIO()
    call_command("sync_line", stdout=said)
    return said.getvalue().splitlines()
