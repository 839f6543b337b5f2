"""What a run may certify while grades are edited, and that nothing else is certified."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from edu.dynamo import table
from evaluations import services as evaluations
from evaluations.domain.evaluation import ScoreState
from govsync import services
from govsync.domain.reconciliation import DifferenceKind
from govsync.domain.states import RunState
from govsync.services import reconciling
from tests.integration.govsync.support import pending_count, record_grades
from tests.support.schools import OPEN_TERM

if TYPE_CHECKING:
    import pytest

    from edu.dynamo.mapping import Attributes
    from edu.dynamo.pages import Page
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


def test_grade_the_government_lost_is_missing_although_its_evaluations_day_changes_meanwhile(
    driver: Driver, school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, *_ = sorted(record_grades(school, value) for value in ("5.5", "6.0", "6.5"))
    start()
    driver.step_until("run.all_sent")
    driver.government.change(f"DELETE FROM grades WHERE evaluation_id = '{lost}'")
    edit_during_listing(monkeypatch, school, lost, version=1, days=3)
    report = driver.finish()
    assert (report.run.state, report.run.certified) == (RunState.NEEDS_REVIEW, 2)
    assert [(d.kind, d.evaluation_id) for d in report.differences] == [(DifferenceKind.MISSING, lost)]


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


def test_correction_that_falls_into_the_last_pass_keeps_the_run_from_being_reconciled(
    driver: Driver, school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluation_id = record_grades(school, "5.5", "6.0")
    monkeypatch.setattr(reconciling, "MAX_PASSES", 1)
    start()
    list_term_grades = evaluations.list_term_grades

    def list_and_correct(**term: str) -> list[evaluations.GovernmentGrade]:
        found = list_term_grades(**term)
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
    assert (report.run.state, report.run.certified, pending_count()) == (RunState.NEEDS_REVIEW, 1, 1)
    (difference,) = report.differences
    assert (difference.kind, difference.student_id) == (DifferenceKind.PENDING, "student-000")
    assert (difference.our_version, difference.their_version) == (2, 1)
