"""A run from start to end, and what differs being named."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from edu.dynamo import table
from edu.dynamo.errors import AccessDeniedError
from edu.dynamo.keys import Key, platform_partition
from edu.dynamo.transactions import Transaction
from edu.jobs import repository as jobs
from edu.jobs.domain import StepEnd
from edu.tenancy import enter_platform, enter_school
from evaluations.repository import pending_scores, stored_scores
from govsync import client, services
from govsync.domain.grades import SubmittedGrade
from govsync.domain.reconciliation import DifferenceKind, manifest_sha256
from govsync.domain.runs import SYNC
from govsync.domain.states import RunState
from govsync.errors import RunNotFoundError, UnfinishedRunError
from govsync.repository import runs
from govsync.services import transitions
from tests.integration.govsync.support import RUN_ID, pending_count, record_grades
from tests.support.schools import OPEN_TERM

if TYPE_CHECKING:
    from tests.integration.govsync.support import Driver
    from tests.support.schools import TestSchool


def start(ordinal: int = 1) -> None:
    services.start_sync(term_id=OPEN_TERM, actor="somebody", ordinal=ordinal)


def due_runs() -> list[tuple[str | None, str]]:
    return [(entry.school_id, entry.job_id) for entry in jobs.list_due(SYNC.name)]


def test_run_of_a_few_grades_ends_reconciled(driver: Driver, school: TestSchool) -> None:
    evaluation_id = record_grades(school, "5.5", "", "6.9")
    start()
    assert pending_count() == 3
    report = driver.finish()
    assert (report.run.state, report.run.accepted, report.run.certified) == (RunState.RECONCILED, 3, 3)
    assert (pending_count(), report.differences, report.rejected) == (0, [], [])
    sent = [
        SubmittedGrade(evaluation_id, "student-000", 1, "mat-5", "recorded", "5.5"),
        SubmittedGrade(evaluation_id, "student-001", 1, "mat-5", "absent"),
        SubmittedGrade(evaluation_id, "student-002", 1, "mat-5", "recorded", "6.9"),
    ]
    assert report.run.manifest_sha256 == manifest_sha256(sent)
    assert [request["operation"] for request in driver.government.requests()] == ["submit", "held"]


def test_history_tells_each_step_and_no_grade(driver: Driver, school: TestSchool) -> None:
    record_grades(school, "5.5", "6.9")
    start()
    report = driver.finish()
    assert [entry.event for entry in report.history] == [
        "run.started",
        "batch.prepared",
        "batch.sending",
        "batch.acknowledged",
        "run.all_sent",
        "run.page_read",
        "run.reconciled",
    ]
    assert [entry.version for entry in report.history] == list(range(1, 8))
    acknowledged = report.history[3]
    assert (acknowledged.request_sha256, acknowledged.response_status) == (report.batches[0].batch_id, 201)
    assert acknowledged.duration_ms is not None
    assert report.history[0].actor == "somebody"
    text = repr(report.history)
    assert not any(secret in text for secret in ("6.9", "5.5", "student-"))


def test_grades_are_sent_in_as_many_batches_as_needed(
    driver: Driver, school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("govsync.services.preparing.MAX_BATCH_GRADES", 2)
    monkeypatch.setattr("govsync.client.calls.MAX_PAGE_GRADES", 2)
    record_grades(school, "5.5", "6.0", "6.9")
    record_grades(school, "4.5", "4.0")
    start()
    report = driver.finish()
    assert report.run.state is RunState.RECONCILED
    assert [batch.accepted for batch in report.batches] == [2, 2, 1]
    assert (report.run.certified, report.run.held_pages) == (5, 3)


def test_term_without_grades_is_reconciled_empty(driver: Driver) -> None:
    start()
    report = driver.finish()
    assert (report.run.state, report.run.batches, report.run.certified) == (RunState.RECONCILED, 0, 0)


def test_refused_grade_is_rejected_and_the_others_go_on(driver: Driver, school: TestSchool) -> None:
    driver.government.refuse("student-001", "unknown_student")
    evaluation_id = record_grades(school, "5.5", "6.0", "6.9")
    start()
    report = driver.finish()
    assert (report.run.state, report.run.accepted, report.run.rejected) == (RunState.NEEDS_REVIEW, 2, 1)
    (difference,) = report.differences
    assert (difference.evaluation_id, difference.student_id) == (evaluation_id, "student-001")
    assert (difference.kind, difference.reason) == (DifferenceKind.REJECTED, "unknown_student")
    assert (pending_count(), report.run.certified) == (1, 2)


def test_refused_batch_condemns_no_grade(driver: Driver, school: TestSchool) -> None:
    driver.government.fail(action="status", on="submit", status=422)
    record_grades(school, "5.5", "6.0")
    start()
    report = driver.finish()
    assert (report.run.state, report.run.certified, pending_count()) == (RunState.RECONCILED, 2, 0)
    assert [batch.state for batch in report.batches] == ["split", "acknowledged", "acknowledged"]


def test_batches_of_one_that_are_refused_are_rejected(driver: Driver, school: TestSchool) -> None:
    driver.government.fail(action="status", on="submit", status=422, times=3)
    record_grades(school, "5.5", "6.0")
    start()
    report = driver.finish()
    assert report.run.state is RunState.NEEDS_REVIEW
    assert [batch.state for batch in report.batches] == ["split", "rejected", "rejected"]
    assert {difference.reason for difference in report.differences} == {"http_422"}
    assert (pending_count(), len(driver.government.requests("submit"))) == (2, 3)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ("DELETE FROM grades WHERE student_id = 'student-001'", DifferenceKind.MISSING),
        ("UPDATE grades SET value = '1.0' WHERE student_id = 'student-001'", DifferenceKind.OTHER_CONTENT),
        ("UPDATE grades SET version = 7 WHERE student_id = 'student-001'", DifferenceKind.OTHER_VERSION),
        ("UPDATE grades SET student_id = 'nobody' WHERE student_id = 'student-001'", DifferenceKind.UNEXPECTED),
    ],
)
def test_what_the_government_holds_otherwise_is_named(
    driver: Driver, school: TestSchool, change: str, kind: DifferenceKind
) -> None:
    record_grades(school, "5.5", "6.0", "6.9")
    start()
    driver.step_until("run.all_sent")
    driver.government.change(change)
    report = driver.finish()
    assert (report.run.state, report.run.certified) == (RunState.NEEDS_REVIEW, 2)
    assert kind in {difference.kind for difference in report.differences}
    assert {d.student_id for d in report.differences} <= {"student-001", "nobody"}


def test_grade_recorded_while_reconciling_is_sent_first(driver: Driver, school: TestSchool) -> None:
    record_grades(school, "5.5")
    start()
    driver.step_until("run.page_read")
    record_grades(school, "6.0")
    report = driver.finish()
    assert (report.run.state, report.run.passes, report.run.certified) == (RunState.RECONCILED, 2, 2)
    assert "run.more_grades" in {entry.event for entry in report.history}


def test_correction_made_while_its_batch_is_out_is_sent_too(
    driver: Driver, school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluation_id = record_grades(school, "5.5", "6.0")
    submit = client.Government.submit

    def submit_and_correct(self: client.Government, *args: Any) -> Any:
        exchange = submit(self, *args)
        monkeypatch.setattr(client.Government, "submit", submit)
        correct(evaluation_id, "student-001", "6.1")
        return exchange

    monkeypatch.setattr(client.Government, "submit", submit_and_correct)
    start()
    report = driver.finish()
    assert (report.run.state, report.run.batches, report.run.certified) == (RunState.RECONCILED, 2, 2)
    assert [grade.version for grade in report.batches[1].grades] == [2]
    assert pending_count() == 0


def correct(evaluation_id: str, student_id: str, value: str) -> None:
    """Write a newer version of a score with its mark."""
    newer = replace(stored_scores.get_score(evaluation_id, student_id), version=2, value=value)
    transaction = Transaction()
    transaction.put(stored_scores.score_item(newer, "salt"))
    pending_scores.add_pending(transaction, newer)
    transaction.commit()


def test_starting_twice_starts_nothing_twice(driver: Driver, school: TestSchool) -> None:
    record_grades(school, "5.5")
    start()
    start()
    assert due_runs().count((school.school_id, RUN_ID)) == 1
    driver.finish()
    start()
    assert services.describe_run(run_id=RUN_ID).run.finished
    assert (school.school_id, RUN_ID) not in due_runs()
    assert driver.government.effects() == 1


def test_further_run_waits_for_the_one_before(driver: Driver, school: TestSchool) -> None:
    record_grades(school, "5.5")
    start()
    with pytest.raises(UnfinishedRunError):
        start(ordinal=2)
    assert services.next_ordinal(term_id=OPEN_TERM) == 1
    driver.finish()
    record_grades(school, "6.0")
    assert services.next_ordinal(term_id=OPEN_TERM) == 2
    start(ordinal=2)
    report = driver.finish(f"{OPEN_TERM}-r2")
    assert (report.run.state, report.run.accepted, report.run.certified) == (RunState.RECONCILED, 1, 2)
    assert [run.ordinal for run in services.list_runs().items] == [2, 1]


def test_start_cut_off_after_its_due_entry_is_completed(
    driver: Driver, school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_grades(school, "5.5")
    with monkeypatch.context() as cut_off:
        cut_off.setattr(transitions, "start", interrupt)
        with pytest.raises(KeyboardInterrupt):
            start()
    assert runs.find_run(RUN_ID) is None
    (order,) = [entry for entry in services.sweep_due_runs() if entry.school_id == school.school_id]
    assert driver.finish(order.job_id).run.state is RunState.RECONCILED


def interrupt(*_args: object) -> None:
    raise KeyboardInterrupt


def test_sweep_hands_a_due_run_out_once(driver: Driver, school: TestSchool) -> None:
    record_grades(school, "5.5")
    start()
    seen = [entry.school_id for _ in range(2) for entry in services.sweep_due_runs()]
    assert seen.count(school.school_id) == 1
    driver.finish()
    assert (school.school_id, RUN_ID) not in due_runs()


def test_two_sweeps_at_once_share_the_due_runs(driver: Driver, school: TestSchool) -> None:
    start()
    (seen,) = [entry for entry in jobs.list_due(SYNC.name) if entry.school_id == school.school_id]
    later = seen.handed_out(driver.clock.now(), SYNC)
    assert [jobs.replace_due(seen, later), jobs.replace_due(seen, later)] == [True, False]


def test_message_of_a_finished_run_does_nothing(driver: Driver, school: TestSchool) -> None:
    record_grades(school, "5.5")
    start()
    before = driver.finish()
    assert driver.step().end is StepEnd.FINISHED
    assert services.describe_run(run_id=RUN_ID) == before


def test_other_schools_run_is_not_there(driver: Driver, school: TestSchool, other_school: TestSchool) -> None:
    record_grades(school, "5.5")
    start()
    driver.finish()
    with enter_school(other_school.school_id):
        with pytest.raises(RunNotFoundError):
            services.describe_run(run_id=RUN_ID)
        assert services.list_runs().items == []
        for sort_key in ("RUN", "BATCH#00001"):
            with pytest.raises(AccessDeniedError):
                table.get_item(Key(f"SCHOOL#{school.school_id}#SYNC#{RUN_ID}", sort_key))
        for index, partition in ((False, f"SCHOOL#{school.school_id}#SYNC#{RUN_ID}"), (True, school_runs(school))):
            with pytest.raises(AccessDeniedError):
                table.query_page(table.Query(partition, index=index))


def school_runs(school: TestSchool) -> str:
    return f"SCHOOL#{school.school_id}#SYNCS"


def test_platforms_own_items_hold_no_grades(driver: Driver, school: TestSchool) -> None:
    record_grades(school, "5.5")
    start()
    driver.step_until("batch.acknowledged")
    with enter_platform():
        partitions = [platform_partition("JOBS", "DUE"), platform_partition("SYNC", "RATE")]
        found = [item for partition in partitions for item in table.query_all(table.Query(partition))]
    names = {"pk", "sk", "entity", "name", "holder", "free_at", "until"}
    names |= {"kind", "school_id", "job_id", "due_at", "deadline_at", "hand_outs"}
    assert {item["entity"] for item in found} >= {"due_job", "sync_slot"}
    assert all(item.keys() <= names for item in found)
