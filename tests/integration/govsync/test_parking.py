"""What cannot go on by itself is set apart with its reason, taken up again later or by a person, and heard of."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from edu import audit
from edu.errors import InvalidInputError
from edu.identity.principal import Principal, Role
from edu.jobs import repository as jobs
from edu.jobs.domain import StepEnd
from govsync import services
from govsync.domain.runs import SYNC
from govsync.domain.states import BatchState, RunState
from govsync.errors import ReviewError
from govsync.repository import runs
from tests.integration.govsync.support import MOST_STEPS, RUN_ID, pending_count, record_grades
from tests.support.schools import OPEN_TERM

if TYPE_CHECKING:
    from collections.abc import Iterable

    from govsync.services import RunReport
    from tests.integration.govsync.support import Driver
    from tests.support.schools import TestSchool

HARD = "student-001"
ANA, LUIS = (Principal(name, Role.PLATFORM_OPERATOR, None) for name in ("ana", "luis"))


@pytest.fixture
def started(driver: Driver, school: TestSchool, monkeypatch: pytest.MonkeyPatch) -> Driver:
    """A started run of three grades in batches of one."""
    monkeypatch.setattr("govsync.services.preparing.MAX_BATCH_GRADES", 1)
    record_grades(school, "5.5", "6.0", "6.9")
    services.start_sync(term_id=OPEN_TERM, actor="somebody")
    return driver


def until_parked(driver: Driver) -> RunReport:
    for _step in range(MOST_STEPS):
        result = driver.step()
        if runs.get_run(RUN_ID).state is RunState.PARKED:
            return services.describe_run(run_id=RUN_ID)
        driver.skip_wait(result)
    raise AssertionError("never parked")


def heard(logs: Iterable[Any], metric: str) -> int:
    return sum(1 for entry in logs if metric in entry)


def contradict(driver: Driver) -> None:
    """The government says of a batch that it has it, and then that it never had it."""
    driver.government.set(decide={})
    driver.government.fail(action="status", on="ask", status=404)
    for _step in range(MOST_STEPS):
        driver.step_once()
        if services.describe_run(run_id=RUN_ID).run.parked_batches:
            break
    driver.government.set(decide=None)


def test_batch_that_will_not_go_is_parked_and_the_others_go_on(started: Driver) -> None:
    started.government.poison(HARD, status=500)
    with capture_logs() as logs:
        report = until_parked(started)
    assert [batch.state for batch in report.batches].count(BatchState.ACKNOWLEDGED) == 2
    (parked,) = report.parked
    assert (parked.grades[0].student_id, parked.reason, parked.attempt) == (HARD, "http_500", 3)
    assert (report.run.reason, pending_count()) == ("http_500", 1)
    assert heard(logs, "SyncNeedsReview") == 1


def test_parked_run_is_taken_up_by_itself_and_asks_first(started: Driver) -> None:
    started.government.poison(HARD, status=500)
    report = until_parked(started)
    assert report.run.retry_at is not None
    waiting = started.step()
    assert (waiting.end, waiting.until) == (StepEnd.WAIT, report.run.retry_at)
    started.government.calm()
    asked = len(started.government.requests("ask"))
    report = started.finish()
    assert (report.run.state, report.run.certified, report.run.rounds) == (RunState.RECONCILED, 3, 1)
    assert len(started.government.requests("ask")) == asked + 1
    assert pending_count() == 0


def test_rounds_become_rarer_and_never_end(started: Driver) -> None:
    started.government.poison(HARD, status=500)
    waits = []
    for _round in range(4):
        report = until_parked(started)
        assert report.run.retry_at is not None
        waits.append(report.run.retry_at - started.clock.now())
        started.clock.skip_to(report.run.retry_at)
        started.step_once()
    expected = [timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=1)]
    assert all(
        timedelta(0) <= wanted - wait < timedelta(seconds=30) for wanted, wait in zip(expected, waits, strict=True)
    )


def test_person_takes_a_parked_run_up_at_once(started: Driver, school: TestSchool) -> None:
    started.government.poison(HARD, status=500)
    until_parked(started)
    started.government.calm()
    run = services.resume_run(run_id=RUN_ID, actor=ANA, reason="They mended it")
    assert run.state is RunState.SENDING
    (entry,) = [entry for entry in jobs.list_due(SYNC.name) if entry.school_id == school.school_id]
    assert entry.due_at <= started.clock.now()
    report = started.finish()
    assert report.run.state is RunState.RECONCILED
    (resumed,) = [entry for entry in report.history if entry.event == "run.resumed"]
    assert (resumed.actor, resumed.detail) == ("ana", "They mended it")


@pytest.mark.parametrize("reason", ["", "  ", "two\nlines", "x" * 201, "an \x1b[31mescape"])
def test_a_decision_needs_a_reason_of_one_line(started: Driver, reason: str) -> None:
    started.government.poison(HARD, status=500)
    until_parked(started)
    with pytest.raises(InvalidInputError):
        services.resume_run(run_id=RUN_ID, actor=ANA, reason=reason)


def test_only_what_is_parked_is_taken_up(started: Driver) -> None:
    with pytest.raises(ReviewError):
        services.resume_run(run_id=RUN_ID, actor=ANA, reason="Why not")
    started.finish()
    with pytest.raises(ReviewError):
        services.retry_differences(run_id=RUN_ID, actor=ANA, reason="Why not")


def test_contradiction_waits_for_a_person_who_has_it_sent_again(started: Driver) -> None:
    contradict(started)
    report = until_parked(started)
    (parked,) = [batch for batch in report.parked if batch.is_persons]
    assert parked.reason == "contradicted"
    run = services.send_batch_again(run_id=RUN_ID, number=parked.number, actor=ANA, reason="They say it is gone")
    assert run.state is RunState.SENDING
    assert started.finish().run.state is RunState.RECONCILED
    assert {effect["times"] for effect in started.government.grade_effects()} == {1}


def test_leaving_a_batch_out_takes_two_people(started: Driver) -> None:
    started.government.poison(HARD, status=500)
    (parked,) = until_parked(started).parked
    which: dict[str, Any] = {"run_id": RUN_ID, "number": parked.number}
    with pytest.raises(ReviewError):
        services.approve_skip(**which, actor=LUIS)
    services.propose_skip(**which, actor=ANA, reason="Left the country")
    with pytest.raises(InvalidInputError):
        services.approve_skip(**which, actor=ANA)
    services.approve_skip(**which, actor=LUIS)
    report = started.finish()
    assert (report.run.state, report.run.certified, report.run.rejected) == (RunState.NEEDS_REVIEW, 2, 1)
    (difference,) = report.differences
    assert (difference.student_id, difference.reason) == (HARD, "skipped: Left the country")
    assert pending_count() == 1, "what is left out is owed all the same"
    people = [(entry.event, entry.actor) for entry in report.history if entry.event.startswith("batch.skip")]
    assert people == [("batch.skip_proposed", "ana"), ("batch.skipped", "luis")]
    entries = audit.list_month(f"{started.clock.now():%Y-%m}").items
    noted = [(entry.action, entry.actor, entry.reason) for entry in entries if entry.action.startswith("sync_batch")]
    assert set(noted) == {
        ("sync_batch.skip_proposed", "ana", "Left the country"),
        ("sync_batch.skipped", "luis", "Left the country"),
    }


def test_what_people_left_out_no_follow_up_sends(started: Driver, school: TestSchool) -> None:
    started.government.poison(HARD, status=500)
    (parked,) = until_parked(started).parked
    services.propose_skip(run_id=RUN_ID, number=parked.number, actor=ANA, reason="They have it on paper")
    services.approve_skip(run_id=RUN_ID, number=parked.number, actor=LUIS)
    started.finish()
    started.government.calm()
    record_grades(school, "4.0")
    services.start_sync(term_id=OPEN_TERM, actor="somebody", ordinal=2)
    report = started.finish(f"{OPEN_TERM}-r2")
    assert [grade.value for batch in report.batches for grade in batch.grades] == ["4.0"]
    assert [difference.reason for difference in report.differences] == ["skipped: They have it on paper"]


@pytest.mark.parametrize("cursors", ["cycle", "endless"])
def test_list_without_an_end_parks_the_run_with_few_requests(started: Driver, cursors: str) -> None:
    started.government.set(listing={"cursors": cursors, "page_grades": 1})
    report = until_parked(started)
    assert report.run.reason.startswith("no_list.")
    assert len(started.government.requests("held")) <= 20
    started.government.set(listing={})
    services.resume_run(run_id=RUN_ID, actor=ANA, reason="They mended it")
    assert started.finish().run.state is RunState.RECONCILED


def test_empty_cursor_ends_the_list(started: Driver) -> None:
    started.government.set(listing={"cursors": "empty"})
    assert started.finish().run.state is RunState.RECONCILED


def test_batch_that_is_in_progress_is_decided_later(started: Driver) -> None:
    started.government.set(decide={"after_questions": 3})
    report = started.finish()
    assert report.run.state is RunState.RECONCILED
    assert {effect["times"] for effect in started.government.grade_effects()} == {1}
    assert len(started.government.requests("submit")) == 3


def test_batch_that_is_never_decided_is_parked_after_its_time(started: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "govsync.domain.outcomes.DECIDES_WITHIN", timedelta(minutes=5)
    )  # 30 are six times the questions
    started.government.set(decide={})
    report = until_parked(started)
    assert {batch.reason for batch in report.parked} == {"never_decided"}
    assert len(started.government.requests("submit")) == 3, "it is asked about, and never sent again"
