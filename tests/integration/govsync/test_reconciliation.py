"""What a run may certify while grades are edited, and that nothing else is certified."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from edu.dynamo import table
from edu.identity.principal import Principal, Role
from edu.jobs.domain import StepEnd
from edu.tenancy import enter_school
from evaluations import services as evaluations
from evaluations.domain.evaluation import ScoreState
from govsync import services
from govsync.domain.reconciliation import DifferenceKind
from govsync.domain.states import RunState
from govsync.errors import ReviewError
from govsync.services import healing, reconciling
from tests.integration.govsync.support import RUN_ID, pending_count, record_grades
from tests.support.schools import OPEN_TERM

PERSON = Principal("ana", Role.PLATFORM_OPERATOR, None)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edu.dynamo.mapping import Attributes
    from edu.dynamo.pages import Page
    from edu.jobs.domain import StepResult
    from govsync.domain.grades import GradeKey
    from govsync.domain.runs import SyncRun
    from tests.integration.govsync.support import Driver
    from tests.support.schools import TestSchool


def start() -> None:
    services.start_sync(term_id=OPEN_TERM, actor="somebody")


def edit_during_listing(
    monkeypatch: pytest.MonkeyPatch, school: TestSchool, evaluation_id: str, *, version: int, days: int
) -> None:
    """The index's pages hold one evaluation each, and after the first of them this one's day changes."""
    first_day = next(term for term in school.school.terms if term.term_id == OPEN_TERM).starts_on
    query_page, edited = table.query_page, False

    def query_and_edit(query: table.Query, **cursor: Any) -> Page[Attributes]:
        nonlocal edited
        if not (query.index and query.partition.endswith("#SECTION#mat-5a")):
            return query_page(query, **cursor)
        page = query_page(replace(query, limit=1), **cursor)
        if not edited:
            edited = True
            evaluations.edit_evaluation(
                actor=school.teacher,
                evaluation_id=evaluation_id,
                version=version,
                held_on=first_day + timedelta(days=days),
            )
        return page

    monkeypatch.setattr(table, "query_page", query_and_edit)


def test_grade_the_government_lost_is_sent_again_although_its_evaluations_day_changes_meanwhile(
    driver: Driver, school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, *_ = sorted(record_grades(school, value) for value in ("5.5", "6.0", "6.5"))
    start()
    driver.step_until("run.all_sent")
    driver.government.change(f"DELETE FROM grades WHERE evaluation_id = '{lost}'")
    edit_during_listing(monkeypatch, school, lost, version=1, days=3)
    report = driver.finish()
    assert (report.run.state, report.run.certified, report.run.healed) == (RunState.RECONCILED, 3, 1)
    assert report.run.accepted == 3
    assert [grade.evaluation_id for grade in report.batches[-1].grades] == [lost]


def test_grade_that_is_lost_again_is_a_persons_who_sends_it_again(driver: Driver, school: TestSchool) -> None:
    record_grades(school, "5.5", "6.0")
    driver.government.fail(action="answer", on="submit", lose=0.5, times=2)
    start()
    report = driver.finish()
    assert (report.run.state, report.run.certified, pending_count()) == (RunState.NEEDS_REVIEW, 1, 0)
    (difference,) = report.differences
    assert difference.kind is DifferenceKind.MISSING
    again = services.retry_differences(run_id=RUN_ID, actor=PERSON, reason="They found the fault")
    assert (again, pending_count()) == (1, 1)
    second = driver.finish(f"{OPEN_TERM}-r2")
    assert (second.run.state, second.run.certified, pending_count()) == (RunState.RECONCILED, 2, 0)
    with pytest.raises(ReviewError):
        services.retry_differences(run_id=RUN_ID, actor=PERSON, reason="Nobody told me")
    assert pending_count() == 0, "it would be sent twice"


def test_list_that_is_incomplete_for_a_moment_has_nothing_sent_twice(driver: Driver, school: TestSchool) -> None:
    record_grades(school, "5.5", "6.0")
    driver.government.set(honour_key=False)
    driver.government.fail(action="answer", on="held", edits=[{"at": ["grades", 0], "remove": True}])
    start()
    report = driver.finish()
    assert (report.run.state, report.run.healed, report.run.certified) == (RunState.RECONCILED, 0, 2)
    assert driver.government.grade_effects(more_than=1) == []


def test_worker_that_was_overtaken_while_it_healed_has_nothing_sent_twice(
    driver: Driver, school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stood still between its comparison and its marks, and the other one sent the lost grade meanwhile."""
    record_grades(school, "5.5", "6.0")
    driver.government.fail(action="answer", on="submit", lose=0.5)
    start()
    driver.step_until("run.list_doubted")
    driver.step_until("run.page_read")
    send_again = healing.send_again

    def overtaken(run: SyncRun, lost: Sequence[GradeKey], actor: str) -> StepResult:
        monkeypatch.setattr(healing, "send_again", send_again)
        with enter_school(school.school_id):
            driver.step_until("run.reconciled")
        return send_again(run, lost, actor)

    monkeypatch.setattr(healing, "send_again", overtaken)
    assert driver.step().end is StepEnd.LOST
    assert pending_count() == 0
    assert driver.government.grade_effects(more_than=1) == []


def test_grade_of_an_evaluation_that_is_none_of_ours_is_kept_without_names_or_value(
    driver: Driver, school: TestSchool
) -> None:
    record_grades(school, "5.5")
    foreign = {"evaluation_id": "e-ajena", "student_id": "est-ajeno", "version": 3, "course_id": "c"}
    driver.government.set(listing={"extra": [{**foreign, "state": "recorded", "value": "sobresaliente"}]})
    start()
    report = driver.finish()
    (difference,) = report.differences
    assert (difference.kind, difference.evaluation_id, difference.their_version) == ("unexpected", "unknown", 3)
    kept = str(list(table.query_all(table.Query(f"SCHOOL#{school.school_id}#SYNC#{RUN_ID}"))))
    assert [text for text in ("e-ajena", "est-ajeno", "sobresaliente") if text in kept] == []


@pytest.mark.parametrize("entry", ["the same", "another value"])
def test_grade_that_is_listed_twice_is_a_difference(driver: Driver, school: TestSchool, entry: str) -> None:
    record_grades(school, "5.5", "6.0")
    twice = [{"at": ["grades", 0], "repeat": 1}]
    other = [{"at": ["grades", 2, "value"], "set": "1.0"}] if entry == "another value" else []
    driver.government.fail(action="answer", on="held", edits=twice + other)
    start()
    report = driver.finish()
    assert (report.run.state, report.run.certified) == (RunState.NEEDS_REVIEW, 1)
    assert [difference.kind for difference in report.differences] == [DifferenceKind.DUPLICATE]


def test_grade_is_certified_once_although_its_evaluations_day_changes_meanwhile(
    driver: Driver, school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_day = next(term for term in school.school.terms if term.term_id == OPEN_TERM).starts_on
    moving, *_ = sorted(record_grades(school, value) for value in ("5.5", "6.0", "6.5"))
    evaluations.edit_evaluation(
        actor=school.teacher, evaluation_id=moving, version=1, held_on=first_day + timedelta(days=1), reason="Feriado"
    )
    start()
    driver.step_until("run.all_sent")
    edit_during_listing(monkeypatch, school, moving, version=2, days=0)
    report = driver.finish()
    assert (report.run.state, report.run.certified) == (RunState.RECONCILED, 3)


def test_acknowledged_grade_that_our_side_does_not_list_is_a_difference(
    driver: Driver, school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both sides lack it, so that they agree: what was acknowledged in an earlier run tells."""
    evaluation_id = record_grades(school, "5.5", "6.0")
    start()
    assert driver.finish().run.state is RunState.RECONCILED
    driver.government.change("DELETE FROM grades WHERE student_id = 'student-001'")
    list_term_grades = evaluations.list_term_grades
    monkeypatch.setattr(
        reconciling,
        "list_term_grades",
        lambda **term: [grade for grade in list_term_grades(**term) if grade.student_id != "student-001"],
    )
    second = services.start_sync(term_id=OPEN_TERM, actor="somebody", ordinal=2)
    report = driver.finish(second.run_id)
    assert (report.run.state, report.run.certified) == (RunState.NEEDS_REVIEW, 1)
    (difference,) = report.differences
    assert (difference.kind, difference.evaluation_id) == (DifferenceKind.GONE, evaluation_id)


def test_correction_that_falls_between_our_two_readings_is_no_false_difference(
    driver: Driver, school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluation_id = record_grades(school, "5.5", "6.0")
    start()
    list_term_grades = evaluations.list_term_grades

    def list_and_correct(**term: str) -> list[evaluations.GovernmentGrade]:
        found = list_term_grades(**term)
        monkeypatch.setattr(reconciling, "list_term_grades", list_term_grades)
        evaluations.correct_score(
            actor=school.teacher,
            evaluation_id=evaluation_id,
            student_id="student-000",
            version=1,
            state=ScoreState.RECORDED,
            value="2.0",
        )
        return found

    monkeypatch.setattr(reconciling, "list_term_grades", list_and_correct)
    report = driver.finish()
    assert (report.run.state, pending_count()) == (RunState.RECONCILED, 1)
    assert (report.run.certified, report.run.later) == (1, 1)


@pytest.mark.parametrize("how", ["recorded", "cancelled"])
def test_something_changed_between_our_two_readings_in_every_pass_is_a_follow_ups(
    driver: Driver, school: TestSchool, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """A school in which teachers write all the time needs no person for that."""
    evaluation_id = record_grades(school, "5.5", "6.0")
    start()
    list_term_grades = evaluations.list_term_grades
    place: dict[str, Any] = {"actor": school.teacher, "evaluation_id": evaluation_id}

    def list_and_change(**term: str) -> list[evaluations.GovernmentGrade]:
        found = list_term_grades(**term)
        if how == "cancelled":
            standing = evaluations.get_evaluation(**place)
            change = evaluations.reinstate_evaluation if standing.cancelled else evaluations.cancel_evaluation
            change(**place, version=standing.version, reason="Por error")
        else:
            record_grades(school, "4.0")
        return found

    monkeypatch.setattr(reconciling, "list_term_grades", list_and_change)
    report = driver.finish()
    assert (report.run.state, report.differences, report.run.passes) == (RunState.RECONCILED, [], 1)
    changed = {"recorded": (2, 1), "cancelled": (0, 2)}[how]
    assert (report.run.certified, report.run.later) == changed
    assert pending_count() == report.run.later
