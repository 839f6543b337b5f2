"""That somebody hears of a run which did not end well, or did not end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from edu.jobs import repository as jobs
from edu.jobs.domain import StepEnd
from edu.tenancy import enter_school
from govsync import services
from govsync.domain.runs import SYNC
from govsync.domain.states import RunState
from govsync.repository import runs
from govsync.services import healing, preparing, reconciling
from tests.integration.govsync.support import RUN_ID, record_grades
from tests.support.schools import OPEN_TERM

if TYPE_CHECKING:
    from collections.abc import Iterable

    from govsync.domain.reconciliation import Difference
    from tests.integration.govsync.support import Driver
    from tests.support.schools import TestSchool


def start() -> None:
    services.start_sync(term_id=OPEN_TERM, actor="somebody")


def errors(logs: Iterable[Any]) -> list[Any]:
    return [entry for entry in logs if entry["log_level"] == "error"]


def test_run_that_needs_review_is_an_error_with_a_metric(driver: Driver, school: TestSchool) -> None:
    record_grades(school, "5.5", "6.0")
    driver.government.refuse("student-000", "unknown_student")
    start()
    with capture_logs() as logs:
        assert driver.finish().run.state is RunState.NEEDS_REVIEW
    (error,) = errors(logs)
    assert (error["event"], error["run_id"], error["SyncNeedsReview"]) == ("sync needs review", RUN_ID, 1)
    assert (error["rejected"], error["differences"]) == (1, 1)


def test_run_stopped_by_too_many_refusals_is_an_error_too(
    driver: Driver, school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "MAX_REJECTED", 0)
    record_grades(school, "5.5")
    driver.government.refuse("student-000", "unknown_student")
    start()
    with capture_logs() as logs:
        assert driver.finish().history[-1].event == "run.stopped"
    assert [entry["event"] for entry in errors(logs)] == ["sync needs review"]


def test_run_that_was_stopped_has_no_follow_up_before_somebody_looks(
    driver: Driver, school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "MAX_REJECTED", 0)
    monkeypatch.setattr(preparing, "MAX_BATCH_GRADES", 1)
    record_grades(school, "5.5", "6.0")
    driver.government.refuse("student-000", "unknown_student")
    start()
    assert driver.finish().history[-1].event == "run.stopped"
    services.order_follow_ups(actor="beat")
    assert [due.job_id for due in jobs.list_due(SYNC.name) if due.school_id == school.school_id] == []


def test_review_is_heard_of_although_the_worker_vanishes_with_the_runs_end(
    driver: Driver, school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_grades(school, "5.5")
    driver.government.refuse("student-000", "unknown_student")
    start()
    driver.step_until("run.page_read")
    with monkeypatch.context() as lost:
        lost.setattr(runs, "get_run", interrupt)
        with pytest.raises(KeyboardInterrupt):
            driver.step()
    assert services.describe_run(run_id=RUN_ID).run.finished
    with capture_logs() as logs:
        assert driver.step().end is StepEnd.FINISHED
    assert [entry["event"] for entry in errors(logs)] == ["sync needs review"]


def interrupt(*_args: object) -> Any:
    raise KeyboardInterrupt


def test_reconciled_run_is_no_error(driver: Driver, school: TestSchool) -> None:
    record_grades(school, "5.5")
    start()
    with capture_logs() as logs:
        assert driver.finish().run.state is RunState.RECONCILED
    assert errors(logs) == []


def test_slower_workers_differences_do_not_replace_those_the_run_ended_with(
    driver: Driver, school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluation_id = record_grades(school, "5.5", "6.0")
    start()
    driver.step_until("run.all_sent")
    driver.government.change("UPDATE grades SET value = '1.0' WHERE student_id = 'student-000'")
    driver.step_until("run.page_read")
    put_differences = runs.put_differences

    def put_after_another_worker(run_id: str, differences: Iterable[Difference]) -> str:
        monkeypatch.setattr(runs, "put_differences", put_differences)
        healing.mark_again(OPEN_TERM, [(evaluation_id, "student-001", 1)])
        monkeypatch.setattr(reconciling, "MAX_PASSES", 1)
        with enter_school(school.school_id):
            assert driver.step().end is StepEnd.FINISHED
        return put_differences(run_id, differences)

    monkeypatch.setattr(runs, "put_differences", put_after_another_worker)
    assert driver.step().end is StepEnd.LOST
    report = services.describe_run(run_id=RUN_ID)
    assert {difference.kind for difference in report.differences} == {"other_content", "pending"}
    assert (report.run.differences, len(report.differences)) == (2, 2)
