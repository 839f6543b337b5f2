"""What the government is sent of evaluations that are cancelled, reinstated or formative."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evaluations import services as evaluations
from evaluations.domain.evaluation import EvaluationPurpose
from govsync import services
from govsync.domain.states import RunState
from govsync.services.starting import owes_grades
from tests.integration.evaluations.gradebook import record, set_evaluation
from tests.integration.govsync.support import around_sending, pending_count, record_grades
from tests.support.schools import OPEN_TERM

if TYPE_CHECKING:
    from govsync.services import RunReport
    from tests.integration.govsync.support import Driver
    from tests.support.schools import TestSchool

A_MILLION = 1_000_000


def run(driver: Driver, ordinal: int) -> RunReport:
    """The next run of the term, to its end, which must be that both sides agree."""
    started = services.start_sync(term_id=OPEN_TERM, actor="somebody", ordinal=ordinal)
    report = driver.finish(started.run_id)
    assert (report.run.state, report.differences, report.rejected) == (RunState.RECONCILED, [], [])
    assert pending_count() == 0
    return report


def held(driver: Driver, school: TestSchool) -> dict[str, tuple[int, str, str | None]]:
    """What the government holds, by student."""
    found = driver.government.held(school_id=school.school_id, term_id=OPEN_TERM)
    return {grade["student_id"]: (grade["version"], grade["state"], grade["value"]) for grade in found}


def test_cancelled_and_reinstated_is_told_each_time_and_agreed_on(driver: Driver, school: TestSchool) -> None:
    one, other = (student.student_id for student in school.students[:2])
    evaluation_id = record_grades(school, "5.5", "6.0")
    run(driver, 1)
    change: dict[str, Any] = {"actor": school.teacher, "evaluation_id": evaluation_id, "reason": "Por error"}
    evaluations.cancel_evaluation(**change, version=1)
    assert owes_grades(services.describe_run(run_id=f"{OPEN_TERM}-r1").run)
    assert run(driver, 2).run.accepted == 2
    assert held(driver, school) == dict.fromkeys((one, other), (A_MILLION + 1, "cancelled", None))
    evaluations.reinstate_evaluation(**change, version=2)
    assert run(driver, 3).run.accepted == 2
    assert held(driver, school) == {
        one: (2 * A_MILLION + 1, "recorded", "5.5"),
        other: (2 * A_MILLION + 1, "recorded", "6.0"),
    }
    assert not owes_grades(services.describe_run(run_id=f"{OPEN_TERM}-r3").run)
    assert driver.government.grade_effects(more_than=1) == []


def test_cancelled_while_its_grades_are_sent_is_a_follow_ups(driver: Driver, school: TestSchool) -> None:
    evaluation_id = record_grades(school, "5.5", "6.0")

    def cancel() -> None:
        standing = evaluations.get_evaluation(actor=school.teacher, evaluation_id=evaluation_id)
        if not standing.cancelled:
            evaluations.cancel_evaluation(
                actor=school.teacher, evaluation_id=evaluation_id, version=1, reason="Se registró dos veces"
            )

    first = services.start_sync(term_id=OPEN_TERM, actor="somebody")
    with around_sending(after=cancel):
        report = driver.finish(first.run_id)
    assert (report.run.state, report.run.later, report.differences) == (RunState.RECONCILED, 2, [])
    assert pending_count() == 2
    run(driver, 2)
    assert {state for _, state, _ in held(driver, school).values()} == {"cancelled"}


def test_cancelled_before_it_was_ever_told_is_told_once(driver: Driver, school: TestSchool) -> None:
    evaluation_id = record_grades(school, "5.5")
    evaluations.cancel_evaluation(actor=school.teacher, evaluation_id=evaluation_id, version=1, reason="Por error")
    assert run(driver, 1).run.accepted == 1
    assert held(driver, school) == {school.students[0].student_id: (A_MILLION + 1, "cancelled", None)}


def test_refused_as_cancelled_is_not_sent_again_and_again(driver: Driver, school: TestSchool) -> None:
    """What is pending stands under the number that was refused."""
    evaluation_id = record_grades(school, "5.5")
    evaluations.cancel_evaluation(actor=school.teacher, evaluation_id=evaluation_id, version=1, reason="Por error")
    driver.government.refuse(school.students[0].student_id, "not_enrolled")
    started = services.start_sync(term_id=OPEN_TERM, actor="somebody")
    report = driver.finish(started.run_id)
    assert (report.run.state, len(report.rejected)) == (RunState.NEEDS_REVIEW, 1)
    assert not owes_grades(report.run)


def test_formative_is_never_sent(driver: Driver, school: TestSchool) -> None:
    evaluation_id = set_evaluation(school)
    purpose = EvaluationPurpose.FORMATIVE
    evaluations.edit_evaluation(actor=school.teacher, evaluation_id=evaluation_id, version=1, purpose=purpose)
    record(school, evaluation_id, "2.0", student=2)
    record_grades(school, "5.5", "6.0")
    report = run(driver, 1)
    assert (report.run.accepted, report.run.certified) == (2, 2)
    assert school.students[2].student_id not in held(driver, school)
