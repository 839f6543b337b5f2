"""Grades that change after the government has acknowledged them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evaluations import services as evaluations
from evaluations.domain.evaluation import ScoreState
from govsync import services
from govsync.domain.states import RunState
from tests.integration.govsync.support import pending_count, record_grades
from tests.support.schools import OPEN_TERM

if TYPE_CHECKING:
    from tests.integration.govsync.support import Driver
    from tests.support.schools import TestSchool


def test_correction_and_void_are_sent_by_the_next_run(driver: Driver, school: TestSchool) -> None:
    evaluation_id = record_grades(school, "5.5", "6.0", "6.9")
    services.start_sync(term_id=OPEN_TERM, actor="somebody")
    assert driver.finish().run.state is RunState.RECONCILED
    assert pending_count() == 0

    change: dict[str, Any] = {"actor": school.teacher, "evaluation_id": evaluation_id, "version": 1}
    corrected, voided = (student.student_id for student in school.students[:2])
    evaluations.correct_score(**change, student_id=corrected, state=ScoreState.RECORDED, value="5.8")
    evaluations.void_score(**change, student_id=voided, reason="Copió")
    assert pending_count() == 2

    second = services.start_sync(term_id=OPEN_TERM, actor="somebody", ordinal=2)
    report = driver.finish(second.run_id)
    assert (report.run.state, report.run.accepted, report.run.certified) == (RunState.RECONCILED, 2, 3)
    assert (pending_count(), report.differences, report.rejected) == (0, [], [])
    sent = {grade.student_id: (grade.version, grade.state, grade.value) for grade in report.batches[0].grades}
    assert sent == {corrected: (2, "recorded", "5.8"), voided: (2, "void", None)}
