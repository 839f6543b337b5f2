"""One grade for which the government refuses every batch that holds it: it alone is rejected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from edu.jobs.domain import StepEnd
from edu.tenancy import enter_school
from govsync import services
from govsync.domain.batches import batch_id_of, canonical_body
from govsync.domain.reconciliation import DifferenceKind
from govsync.domain.states import RunState
from govsync.repository import runs
from tests.integration.govsync.support import RUN_ID, pending_count, record_grades
from tests.support.schools import OPEN_TERM

if TYPE_CHECKING:
    from govsync.services import RunReport
    from tests.integration.govsync.support import Driver
    from tests.support.schools import TestSchool

POISON = "student-001"


class Vanished(BaseException):
    """A worker's end, which nothing in the product catches."""


@pytest.fixture
def poisoned(driver: Driver, school: TestSchool) -> Driver:
    """A started run of five grades in one batch, one of which the government chokes on."""
    record_grades(school, "5.5")
    record_grades(school, "6.0")
    record_grades(school, "6.9", "4.0", "4.5")
    driver.government.poison(POISON)
    services.start_sync(term_id=OPEN_TERM, actor="somebody")
    return driver


def require_one_rejected(report: RunReport) -> None:
    assert (report.run.state, report.run.accepted, report.run.certified) == (RunState.NEEDS_REVIEW, 4, 4)
    assert [(grade.student_id, grade.reason) for grade in report.rejected] == [(POISON, "poisoned_batch")]
    assert [(d.kind, d.student_id) for d in report.differences] == [(DifferenceKind.REJECTED, POISON)]
    assert (pending_count(), report.run.open_batches) == (1, ())
    decided = [batch for batch in report.batches if batch.state != "split"]
    assert sum(len(batch.grades) for batch in decided) == 5
    assert [batch.number for batch in report.batches] == list(range(1, report.run.batches + 1))


def test_poisoned_grade_is_rejected_and_all_others_are_taken(poisoned: Driver, school: TestSchool) -> None:
    report = poisoned.finish()
    require_one_rejected(report)
    sent = [request["batch_id"] for request in poisoned.government.requests("submit")]
    assert sorted(sent) == sorted(batch.batch_id for batch in report.batches)
    place = {"school_id": school.school_id, "term_id": OPEN_TERM, "run_id": RUN_ID}
    bodies = [canonical_body(batch.number, batch.grades, **place) for batch in report.batches]
    assert [batch.batch_id for batch in report.batches] == [batch_id_of(body) for body in bodies]
    splits = [entry for entry in report.history if entry.event == "batch.split"]
    assert {(entry.response_status, entry.detail) for entry in splits} == {(422, "poisoned_batch")}


@pytest.mark.parametrize("before_the_write", [True, False])
def test_workers_that_vanish_at_every_write_split_and_send_the_same(
    poisoned: Driver, monkeypatch: pytest.MonkeyPatch, *, before_the_write: bool
) -> None:
    """The first try at each transition ends its worker, right before or right after the write."""
    stage, seen = runs.stage, set()

    def stage_and_vanish(run: Any, entry: Any, batches: Any) -> Any:
        transaction, tried = stage(run, entry, batches), (entry.event, entry.batch_number)
        commit = transaction.commit

        def commit_and_vanish() -> None:
            first = tried not in seen
            seen.add(tried)
            if first and before_the_write:
                raise Vanished
            commit()
            if first:
                raise Vanished

        monkeypatch.setattr(transaction, "commit", commit_and_vanish)
        return transaction

    monkeypatch.setattr(runs, "stage", stage_and_vanish)
    outcome = StepEnd.CONTINUE
    while outcome is not StepEnd.FINISHED:
        try:
            advance = poisoned.step()
        except Vanished:
            continue
        poisoned.skip_wait(advance)
        outcome = advance.end
    report = services.describe_run(run_id=RUN_ID)
    require_one_rejected(report)
    accepted = [batch for batch in report.batches if batch.state == "acknowledged"]
    assert poisoned.government.effects() == len(accepted)
    assert [entry.version for entry in report.history] == list(range(1, report.run.version + 1))


def test_worker_overtaken_while_splitting_changes_nothing(
    poisoned: Driver, school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = runs.stage
    overtaken: list[Any] = []

    def stage_after_another(run: Any, entry: Any, batches: Any) -> Any:
        if entry.event == "batch.split" and not overtaken:
            overtaken.append(entry)
            with enter_school(school.school_id):
                poisoned.finish()
        return stage(run, entry, batches)

    monkeypatch.setattr(runs, "stage", stage_after_another)
    poisoned.step()
    assert poisoned.step().end is StepEnd.LOST
    require_one_rejected(services.describe_run(run_id=RUN_ID))
