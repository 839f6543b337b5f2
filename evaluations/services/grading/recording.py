"""Setting evaluations and recording first scores. One transaction per write."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from edu import clock
from edu.errors import ConflictError
from evaluations.domain.evaluation import Evaluation, EvaluationKind, Score, ScoreState
from evaluations.errors import AlreadyRecordedError, NotEnrolledError
from evaluations.repository import roster, stored_evaluations
from evaluations.services import inputs
from evaluations.services.grading import access, changes, evaluation_cache
from evaluations.services.grading.changes import EvaluationChange, ScoreChange
from evaluations.services.grading.score_values import first_score
from evaluations.services.grading.unit_of_work import UnitOfWork
from evaluations.services.school import school_cache, term_locking, term_rules

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from edu.idempotency import Reply
    from edu.identity.principal import Principal
    from evaluations.repository.stored_evaluations import StoredEvaluation


def create_evaluation(
    *,
    actor: Principal,
    section_id: str,
    term_id: str,
    kind: EvaluationKind,
    title: str,
    weight: Decimal,
    held_on: date,
    reply: Reply[Evaluation] | None = None,
) -> Evaluation:
    """Set an evaluation for a section. With ``reply``, repeating the same request creates nothing new.

    Raises:
        NotFoundError: no such section in this school.
        NotAssignedError: the actor does not teach it.
        InvalidInputError: no such term, or the date is outside it, or the section is of another school year.
        ClosedTermError: the term is closed.
        IdempotentReplay: the same request was answered before.
    """
    section = school_cache.get_section(section_id)
    access.require_writer(actor, section)
    term_rules.require_year_of(term_rules.require_open_term(term_id, held_on), section)
    with inputs.domain_rules():
        evaluation = Evaluation(
            evaluation_id=uuid.uuid4().hex,
            section_id=section_id,
            course_id=section.course_id,
            term_id=term_id,
            kind=kind,
            title=title,
            weight=weight,
            held_on=held_on,
            version=1,
            created_by=actor.subject,
            created_at=clock.now(),
            scale_id=school_cache.get_scale(term_id).scale_id,
        )
    lock = term_locking.lock_of(term_id=term_id, section_id=section_id)
    unit = UnitOfWork.answering(reply, evaluation, lock=lock)
    change = EvaluationChange(evaluation, "created")
    stored = changes.add_evaluation_change(unit.transaction, change, actor, otherwise=lambda _: ConflictError())
    unit.commit()
    evaluation_cache.remember(stored)
    return evaluation


class _OutdatedEvaluationError(ConflictError):
    """What this process remembers of the evaluation is no longer so."""


def record_score(
    *,
    actor: Principal,
    evaluation_id: str,
    student_id: str,
    state: ScoreState,
    value: str | None,
    late: bool = False,
    reason: str = "",
    reply: Reply[Score] | None = None,
) -> Score:
    """Record a student's first score in an evaluation and mark it for the government.

    Once the term is closed, only an administrator does, with a reason.

    Raises:
        NotFoundError: no such evaluation in this school.
        NotAssignedError: the term is open and the actor does not teach the section.
        InvalidInputError: the term is closed and the reason is missing, or it is no short line.
        InvalidScoreError: the value is not on the term's scale, or there without ``recorded``, or late without it.
        NotEnrolledError: the student is not in the section.
        AlreadyRecordedError: there is a score already.
        ClosedTermError: the term is closed and the actor is a teacher.
        ConflictError: the evaluation was deleted or changed, or the term opened or closed, at this moment.
        IdempotentReplay: the same request was answered before.
    """
    inputs.checked_reason(reason)
    given = {"student_id": student_id, "state": state, "value": value, "late": late}

    def write() -> Score:
        try:
            return _record(evaluation_cache.get_stored(evaluation_id), actor, reason, reply, **given)
        except _OutdatedEvaluationError:
            evaluation_cache.forget(evaluation_id)
            return _record(evaluation_cache.get_stored(evaluation_id), actor, reason, reply, **given)

    return term_locking.retry_if_term_moved(actor, write)


def _record(stored: StoredEvaluation, actor: Principal, reason: str, reply: Reply[Score] | None, **given: Any) -> Score:  # noqa: ANN401 - as first_score takes them
    evaluation = stored.evaluation
    place = {"section_id": evaluation.section_id, "term_id": evaluation.term_id}
    is_open = access.require_grader(actor, **place, reason=reason)
    score = first_score(evaluation, actor=actor, **given)
    unit = UnitOfWork.answering(reply, score, lock=term_locking.lock_of(**place, is_open=is_open))
    if not stored.has_scores:
        stored_evaluations.mark_scored(unit.transaction, evaluation, otherwise=_OutdatedEvaluationError)
    roster.require_enrolled(unit.transaction, score.section_id, score.student_id, otherwise=NotEnrolledError)
    change = ScoreChange(score, "recorded", reason=reason)
    changes.add_score_change(unit.transaction, change, actor, otherwise=lambda _: AlreadyRecordedError())
    unit.commit()
    if not stored.has_scores:
        evaluation_cache.remember(replace(stored, has_scores=True))
    return score
