"""A run from start to end, and what differs being named."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from edu.dynamo import table
from edu.dynamo.errors import AccessDeniedError
from edu.dynamo.keys import Key, platform_partition
from edu.jobs import repository as jobs
from edu.jobs.domain import StepEnd
from edu.tenancy import enter_platform, enter_school
from evaluations import services as evaluations
from evaluations.domain.evaluation import ScoreState
from evaluations.repository import stored_scores
from govsync import services
from govsync.domain.certificate import salted
from govsync.domain.grades import SubmittedGrade
from govsync.domain.reconciliation import DifferenceKind
from govsync.domain.runs import FOLLOW_UP_AFTER, SYNC
from govsync.domain.states import RunState
from govsync.errors import RunNotFoundError, UnfinishedRunError
from govsync.repository import certificates, runs
from govsync.services import transitions
from tests.integration.govsync.support import RUN_ID, around_sending, pending_count, record_grades
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
    assert report.run.manifest_sha256
    kept = certificates.list_manifest(report.run.run_id, report.run.manifest_sha256)
    assert kept == [salted(grade, leaf.salt) for grade, leaf in zip(sent, kept, strict=True)]
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
        "run.asking",
        "run.page_read",
        "run.reconciled",
    ]
    assert [entry.version for entry in report.history] == list(range(1, 9))
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
    driver.government.set(listing={"page_grades": 2})
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
    assert {difference.reason for difference in report.differences} == {"scripted"}
    assert (pending_count(), len(driver.government.requests("submit"))) == (2, 3)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
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
    assert report.run.state is RunState.NEEDS_REVIEW
    (difference,) = report.differences
    assert difference.kind is kind
    assert difference.student_id == ("nobody" if kind is DifferenceKind.UNEXPECTED else "student-001")
    assert report.run.certified == (3 if kind is DifferenceKind.UNEXPECTED else 2)


def test_grade_recorded_after_the_start_is_the_follow_ups(driver: Driver, school: TestSchool) -> None:
    record_grades(school, "5.5")
    start()
    driver.step_until("run.page_read")
    record_grades(school, "6.0")
    report = driver.finish()
    assert (report.run.state, report.run.certified, report.run.later) == (RunState.RECONCILED, 1, 1)
    assert pending_count() == 1
    (order,) = [entry for entry in jobs.list_due(SYNC.name) if entry.school_id == school.school_id]
    assert order.job_id == f"{OPEN_TERM}-r2"
    assert timedelta(0) < order.due_at - driver.clock.now() <= FOLLOW_UP_AFTER
    second = driver.finish(order.job_id)
    assert (second.run.state, second.run.accepted, second.run.certified) == (RunState.RECONCILED, 1, 2)
    assert pending_count() == 0


def test_correction_made_while_its_batch_is_out_is_the_follow_ups(driver: Driver, school: TestSchool) -> None:
    evaluation_id = record_grades(school, "5.5", "6.0")
    start()
    with around_sending(after=lambda: correct(school, evaluation_id, "student-001", "6.1")):
        driver.step()
        driver.step()
    report = driver.finish()
    assert (report.run.state, report.run.certified, report.run.later) == (RunState.RECONCILED, 1, 1)
    assert pending_count() == 1, "the newer version's mark"
    second = driver.finish(f"{OPEN_TERM}-r2")
    assert [grade.version for grade in second.batches[0].grades] == [2]
    assert (second.run.certified, pending_count()) == (2, 0)


def test_run_ends_however_often_grades_are_corrected(driver: Driver, school: TestSchool) -> None:
    evaluation_id = record_grades(school, "5.5", "6.0", "6.9")
    start()
    steps = 0
    while driver.step_once().end is not StepEnd.FINISHED:
        correct(school, evaluation_id, "student-001", f"4.{steps % 10}")
        steps += 1
        assert steps < 20
    report = services.describe_run(run_id=RUN_ID)
    assert (report.run.state, report.run.certified, report.run.later) == (RunState.RECONCILED, 2, 1)


def correct(school: TestSchool, evaluation_id: str, student_id: str, value: str) -> None:
    """Correct a score as a teacher does."""
    evaluations.correct_score(
        actor=school.teacher,
        evaluation_id=evaluation_id,
        student_id=student_id,
        version=stored_scores.get_score(evaluation_id, student_id).version,
        state=ScoreState.RECORDED,
        value=value,
    )


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
    (order,) = [entry for entry in jobs.list_due(SYNC.name) if entry.school_id == school.school_id]
    assert driver.finish(order.job_id).run.state is RunState.RECONCILED


def interrupt(*_args: object) -> None:
    raise KeyboardInterrupt


def test_step_of_a_finished_run_does_nothing(driver: Driver, school: TestSchool) -> None:
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


def test_due_list_holds_no_grades(driver: Driver, school: TestSchool) -> None:
    record_grades(school, "5.5")
    start()
    driver.step_until("batch.acknowledged")
    with enter_platform():
        found = list(table.query_all(table.Query(platform_partition("JOBS", "DUE"))))
    names = {"pk", "sk", "entity", "kind", "school_id", "job_id", "due_at", "deadline_at", "hand_outs"}
    names |= {"keeper", "beat"}
    assert {item["entity"] for item in found} == {"due_job"}
    assert all(item.keys() <= names for item in found)
