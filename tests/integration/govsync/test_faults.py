"""The government fails, and workers vanish: nothing is lost and nothing has its effect twice."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from edu import clock
from edu.jobs.domain import StepEnd
from edu.tenancy import enter_school
from govsync import client, services
from govsync.domain.states import BatchState, RunState
from govsync.errors import PausedError
from govsync.repository import rate_limit, runs
from tests.integration.govsync.support import API_KEY, RUN_ID, pending_count, record_grades
from tests.support.schools import OPEN_TERM

if TYPE_CHECKING:
    from pytest_django import Settings

    from tests.integration.govsync.support import Driver
    from tests.support.schools import TestSchool


class Vanished(BaseException):
    """A worker's end, which nothing in the product catches."""


@pytest.fixture
def impatient(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> Driver:
    """A driver whose requests time out after half a second."""
    quick = client.Government(driver.government.url, API_KEY, read_timeout_s=0.5)
    monkeypatch.setattr("govsync.services.sending.government", lambda: quick)
    return driver


@pytest.fixture
def started(driver: Driver, school: TestSchool) -> Driver:
    """A started run of three grades."""
    record_grades(school, "5.5", "6.0", "6.9")
    services.start_sync(term_id=OPEN_TERM, actor="somebody")
    return driver


def events() -> list[str]:
    return [entry.event for entry in services.describe_run(run_id=RUN_ID).history]


def current_state() -> BatchState:
    return runs.get_batch(RUN_ID, 1).state


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
    assert operations(started) == ["submit", "ask", "submit", "held"]
    assert started.government.effects() == 1


def test_bad_gateway_after_the_effect_is_asked_about(started: Driver) -> None:
    started.government.fail(action="status", on="submit", status=502, effect=True)
    assert started.finish().run.state is RunState.RECONCILED
    assert operations(started) == ["submit", "ask", "held"]


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


def test_wait_is_on_the_due_list(started: Driver, school: TestSchool) -> None:
    started.government.fail(action="status", on="submit", status=503)
    started.step()
    advance = started.step()
    assert advance.until is not None
    assert school.school_id not in {entry.school_id for entry in services.sweep_due_runs()}
    started.clock.skip_to(advance.until)
    assert school.school_id in {entry.school_id for entry in services.sweep_due_runs()}


def test_retry_after_pauses_every_school(started: Driver) -> None:
    started.government.fail(action="status", on="submit", status=429, retry_after_s=120)
    started.step()
    advance = started.step()
    assert advance.until is not None
    assert advance.until - clock.now() > timedelta(seconds=115)
    with pytest.raises(PausedError) as busy, rate_limit.hold_slot(patience_s=1):
        pass
    assert busy.value.until - clock.now() > timedelta(seconds=115)
    rate_limit.pause(1)
    with pytest.raises(PausedError), rate_limit.hold_slot(patience_s=2):
        pass
    started.skip_wait(advance)
    assert started.finish().run.state is RunState.RECONCILED


def test_list_that_cannot_be_read_is_read_later(started: Driver) -> None:
    started.government.fail(action="status", on="held", status=503)
    started.government.fail(action="drop", on="held")
    report = started.finish()
    assert report.run.state is RunState.RECONCILED
    assert [e.detail for e in report.history if e.event == "run.page_failed"] == ["http_503", "RemoteProtocolError"]


def test_wrong_key_condemns_no_grade(started: Driver, settings: Settings) -> None:
    settings.GOV_API_KEY = "another"
    started.step()
    advance = started.step()
    settings.GOV_API_KEY = API_KEY
    assert (advance.end, current_state(), pending_count()) == (StepEnd.WAIT, BatchState.WAITING, 3)
    started.skip_wait(advance)
    assert started.finish().run.state is RunState.RECONCILED


def test_worker_lost_between_effect_and_acknowledgement_sends_nothing_twice(
    started: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = client.Government.submit

    def submit_and_vanish(self: client.Government, *args: Any) -> Any:
        submit(self, *args)
        raise Vanished

    with monkeypatch.context() as lost:
        lost.setattr(client.Government, "submit", submit_and_vanish)
        lost.setattr(rate_limit, "_release", lambda _slot: None)
        started.step()
        with pytest.raises(Vanished):
            started.step()
    assert (current_state(), pending_count(), started.government.effects()) == (BatchState.SENDING, 3, 1)
    report = started.finish()
    assert (report.run.state, pending_count()) == (RunState.RECONCILED, 0)
    assert operations(started) == ["submit", "ask", "held"]
    assert events()[2:6] == ["batch.sending", "batch.interrupted", "batch.acknowledged", "run.all_sent"]


def test_worker_lost_before_sending_sends_once(started: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    def vanish(*_args: object) -> Any:
        raise Vanished

    with monkeypatch.context() as lost:
        lost.setattr(client.Government, "submit", vanish)
        started.step()
        with pytest.raises(Vanished):
            started.step()
    assert started.finish().run.state is RunState.RECONCILED
    assert operations(started) == ["ask", "submit", "held"]


@pytest.mark.parametrize("event", ["run.started", "batch.prepared", "batch.sending", "run.all_sent", "run.page_read"])
def test_worker_lost_at_any_write_leaves_a_run_that_ends_well(
    started: Driver, monkeypatch: pytest.MonkeyPatch, event: str
) -> None:
    """The step after ``event`` is cut off right before its write: the next worker takes it again."""

    def vanish(*_args: object) -> Any:
        raise Vanished

    started.step_until(event) if event != "batch.sending" else started.step()
    with monkeypatch.context() as lost:
        lost.setattr(runs, "stage", vanish)
        with pytest.raises(Vanished):
            started.step()
    assert started.finish().run.state is RunState.RECONCILED
    assert started.government.effects() == 1


def test_worker_that_sees_anothers_fresh_claim_leaves_it_alone(
    started: Driver, school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit, seen = client.Government.submit, []

    def submit_while_another_looks(self: client.Government, *args: Any) -> Any:
        with enter_school(school.school_id):
            seen.append(services.advance_run(run_id=RUN_ID, actor="another"))
        return submit(self, *args)

    monkeypatch.setattr(client.Government, "submit", submit_while_another_looks)
    assert started.finish().run.state is RunState.RECONCILED
    assert [advance.end for advance in seen] == [StepEnd.WAIT]
    assert operations(started) == ["submit", "held"]


def test_worker_overtaken_by_another_stops(started: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was so slow that its claim ran out and another worker closed the batch: its own answer changes nothing."""
    submit = client.Government.submit

    def submit_slowly(self: client.Government, *args: Any) -> Any:
        exchange = submit(self, *args)
        monkeypatch.setattr(client.Government, "submit", submit)
        started.step_until("batch.acknowledged")
        return exchange

    monkeypatch.setattr(client.Government, "submit", submit_slowly)
    started.step()
    assert started.step().end is StepEnd.LOST
    assert events().count("batch.acknowledged") == 1
    assert started.finish().run.accepted == 3


def test_many_workers_on_one_run_send_each_batch_once(
    started: Driver, school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("govsync.services.preparing.MAX_BATCH_GRADES", 1)
    failures: list[BaseException] = []

    def work(name: str) -> None:
        end = StepEnd.CONTINUE
        try:
            with enter_school(school.school_id):
                while end is not StepEnd.FINISHED:
                    end = services.advance_run(run_id=RUN_ID, actor=name).end
        except BaseException as error:  # noqa: BLE001 - shown by the test
            failures.append(error)

    workers = [threading.Thread(target=work, args=(f"worker-{n}",)) for n in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    report = services.describe_run(run_id=RUN_ID)
    assert failures == []
    assert (report.run.state, report.run.batches, report.run.certified) == (RunState.RECONCILED, 3, 3)
    assert [entry.version for entry in report.history] == list(range(1, report.run.version + 1))
    assert len({request["batch_id"] for request in started.government.requests("submit")}) == 3
    assert operations(started).count("submit") == 3
