"""The government fails, and workers vanish: nothing is lost and nothing has its effect twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from edu import clock
from edu.jobs.domain import StepEnd
from edu.tenancy import enter_school
from govsync import services
from govsync.domain.states import BatchState, RunState
from govsync.repository import runs
from tests.integration.govsync.support import API_KEY, RUN_ID, around_sending, pending_count, record_grades
from tests.support.schools import OPEN_TERM

if TYPE_CHECKING:
    from pytest_django import Settings

    from govsync.domain.batches import Batch
    from govsync.services import RunReport
    from tests.integration.govsync.support import Driver
    from tests.support.schools import TestSchool


class Vanished(BaseException):
    """A worker's end, which nothing in the product catches."""


@pytest.fixture
def impatient(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> Driver:
    """A driver whose exchanges end after half a second."""
    monkeypatch.setattr("govsync.client.transport.EXCHANGE_LIMIT_S", 0.5)
    return driver


@pytest.fixture
def started(driver: Driver, school: TestSchool) -> Driver:
    """A started run of three grades."""
    record_grades(school, "5.5", "6.0", "6.9")
    services.start_sync(term_id=OPEN_TERM, actor="somebody")
    return driver


def events() -> list[str]:
    return [entry.event for entry in services.describe_run(run_id=RUN_ID).history]


def current() -> Batch:
    return runs.get_batch(RUN_ID, 1)


def operations(driver: Driver) -> list[str]:
    return [request["operation"] for request in driver.government.requests()]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("action", ["hang", "drop"])
def test_answer_lost_after_the_effect_is_asked_for(started: Driver, action: str) -> None:
    started.government.fail(action=action, on="submit", effect=True)
    report = started.finish()
    assert report.run.state is RunState.RECONCILED
    assert operations(started) == ["submit", "ask", "held"]
    assert started.government.effects() == 1


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("action", ["hang", "drop"])
def test_request_lost_before_the_effect_is_sent_again_after_asking(started: Driver, action: str) -> None:
    started.government.fail(action=action, on="submit", effect=False)
    report = started.finish()
    assert report.run.state is RunState.RECONCILED
    assert operations(started) == ["submit", "ask", "ask", "submit", "held"], "asked until it can no longer arrive"
    assert started.government.effects() == 1


def test_bad_gateway_after_the_effect_is_asked_about(started: Driver) -> None:
    started.government.fail(action="status", on="submit", status=502, effect=True)
    assert started.finish().run.state is RunState.RECONCILED
    assert operations(started) == ["submit", "ask", "held"]


@pytest.mark.parametrize("form", [{"body": {}}, {"raw": "<html></html>", "headers": {"Content-Type": "text/html"}}])
def test_plain_503_after_the_effect_is_asked_about(started: Driver, form: dict[str, Any]) -> None:
    started.government.set(honour_key=False)
    started.government.fail(action="status", on="submit", status=503, effect=True, **form)
    assert started.finish().run.state is RunState.RECONCILED
    assert operations(started) == ["submit", "ask", "held"]
    assert started.government.grade_effects(more_than=1) == []


def test_batch_that_is_sent_again_keeps_its_id(started: Driver) -> None:
    started.government.fail(action="status", on="submit", status=503, times=2)
    assert started.finish().run.state is RunState.RECONCILED
    sent = [request["batch_id"] for request in started.government.requests("submit")]
    assert sent == [current().batch_id] * 3


def test_unavailable_government_is_waited_for(started: Driver) -> None:
    started.government.fail(action="status", on="submit", status=503, times=3)
    started.step()
    waits_s = []
    for _ in range(3):
        before = clock.now()
        advance = started.step()
        assert advance.end is StepEnd.WAIT
        assert advance.until is not None
        waits_s.append((advance.until - before).total_seconds())
        assert started.step() == advance, "nothing is sent before its time"
        started.skip_wait(advance)
    assert waits_s == [pytest.approx(wait_s, abs=2.5) for wait_s in (5, 15, 45)]
    report = started.finish()
    assert (report.run.state, report.batches[0].attempt) == (RunState.RECONCILED, 3)
    assert operations(started) == ["submit"] * 4 + ["held"]
    assert [e.response_status for e in report.history if e.event == "batch.waiting"] == [503] * 3


def test_list_that_cannot_be_read_is_read_later(started: Driver) -> None:
    started.government.fail(action="status", on="held", status=503)
    started.government.fail(action="drop", on="held")
    report = started.finish()
    assert report.run.state is RunState.RECONCILED
    assert [e.detail for e in report.history if e.event == "run.page_failed"] == [
        "scripted",
        "connection_lost",
    ]


def test_wrong_key_condemns_no_grade_and_uses_up_no_try(started: Driver, settings: Settings) -> None:
    settings.GOV_API_KEY = "another"
    started.step()
    started.step()
    settings.GOV_API_KEY = API_KEY
    assert (current().state, current().attempt, pending_count()) == (BatchState.UNKNOWN, 0, 3)
    assert started.finish().run.state is RunState.RECONCILED


def test_worker_lost_between_effect_and_acknowledgement_sends_nothing_twice(started: Driver) -> None:
    with around_sending(after=vanish):
        started.step()
        with pytest.raises(Vanished):
            started.step()
    assert (current().state, pending_count(), started.government.effects()) == (BatchState.SENDING, 3, 1)
    report = started.finish()
    assert (report.run.state, pending_count()) == (RunState.RECONCILED, 0)
    assert operations(started) == ["submit", "ask", "held"]
    assert events()[2:6] == ["batch.sending", "batch.interrupted", "batch.asking", "batch.acknowledged"]


def test_worker_lost_before_sending_sends_once(started: Driver) -> None:
    with around_sending(before=vanish):
        started.step()
        with pytest.raises(Vanished):
            started.step()
    assert started.finish().run.state is RunState.RECONCILED
    assert operations(started) == ["ask", "ask", "submit", "held"]


@pytest.mark.parametrize("event", ["run.started", "batch.prepared", "batch.sending", "run.all_sent", "run.page_read"])
def test_worker_lost_at_any_write_leaves_a_run_that_ends_well(
    started: Driver, monkeypatch: pytest.MonkeyPatch, event: str
) -> None:
    """The step after ``event`` is cut off right before its write: the next worker takes it again."""
    started.step_until(event) if event != "batch.sending" else started.step()
    with monkeypatch.context() as lost:
        lost.setattr(runs, "stage", vanish)
        with pytest.raises(Vanished):
            started.step()
    assert started.finish().run.state is RunState.RECONCILED
    assert started.government.effects() == 1


def test_worker_that_takes_over_while_another_sends_asks_and_nothing_is_sent_twice(
    started: Driver, school: TestSchool
) -> None:
    def take_over() -> None:
        with enter_school(school.school_id):
            started.step()
            started.step()

    started.step()
    with around_sending(after=take_over):
        assert started.step().end is StepEnd.LOST
    report = started.finish()
    assert (report.run.state, report.run.accepted) == (RunState.RECONCILED, 3)
    assert operations(started) == ["submit", "ask", "held"]
    assert events().count("batch.acknowledged") == 1


def test_worker_overtaken_by_another_stops(started: Driver) -> None:
    """It was so slow that another worker ended the run: its own answer changes nothing."""
    ended: list[RunReport] = []

    def end_the_run() -> None:
        if not ended:
            ended.append(started.finish())

    started.step()
    with around_sending(after=end_the_run):
        assert started.step().end is StepEnd.LOST
    assert services.describe_run(run_id=RUN_ID) == ended[0]


def vanish(*_args: object) -> Any:
    raise Vanished
