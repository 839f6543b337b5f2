"""Setting evaluations and recording first scores. One transaction per write."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from edu import clock
from edu.errors import ConflictError
from evaluations.domain.evaluation import Evaluation, EvaluationKind, EvaluationPurpose, Score, ScoreState, kept_purpose
from evaluations.errors import AlreadyRecordedError, NotEnrolledError
from evaluations.repository import roster, stored_evaluations
from evaluations.services import inputs
from evaluations.services.grading import access, changes, correcting, evaluation_cache
from evaluations.services.grading.changes import EvaluationChange, ScoreChange, Writer
from evaluations.services.grading.score_values import first_score
from evaluations.services.grading.unit_of_work import UnitOfWork
from evaluations.services.school import school_cache, term_locking, term_rules

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from edu.idempotency import Reply
    from edu.identity.principal import Principal
    from evaluations.repository.stored_evaluations import StoredEvaluation
    from evaluations.repository.stored_scores import StoredScore


def create_evaluation(
    *,
    actor: Principal,
    section_id: str,
    term_id: str,
    kind: EvaluationKind,
    title: str,
    weight: Decimal,
    held_on: date,
    purpose: EvaluationPurpose = EvaluationPurpose.SUMMATIVE,
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
    given = {
        "kind": kind,
        "title": title,
        "weight": weight,
        "held_on": held_on,
        "purpose": kept_purpose(purpose),
    }
    place = {"section_id": section_id, "term_id": term_id}
    return term_locking.retry_if_moved(actor, lambda: _create(actor, reply, place, given))


def _create(
    actor: Principal, reply: Reply[Evaluation] | None, place: dict[str, str], given: dict[str, Any]
) -> Evaluation:
    permit, term_id = access.permit_of_writer(actor, **place), place["term_id"]
    section = permit.section
    term_rules.require_year_of(term_rules.require_open_term(term_id, given["held_on"]), section)
    with inputs.domain_rules():
        evaluation = Evaluation(
            evaluation_id=uuid.uuid4().hex,
            section_id=section.section_id,
            course_id=section.course_id,
            term_id=term_id,
            **given,
            version=1,
            created_by=actor.subject,
            created_at=clock.now(),
            scale_id=school_cache.get_scale(term_id).scale_id,
        )
    unit = UnitOfWork.answering(reply, evaluation, lock=permit.lock)
    stored = changes.add_evaluation_change(
        unit.transaction,
        EvaluationChange(evaluation, "created"),
        Writer.by(actor, permit),
        otherwise=lambda _: ConflictError(),
    )
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
    comment: str | None = None,
    reason: str = "",
    reply: Reply[Score] | None = None,
) -> Score:
    """Record a student's first score in an evaluation and mark it for the government.

    Once the term is closed, only an administrator does, with a reason; where the school lets them, before that, too.

    Raises:
        NotFoundError: no such evaluation in this school.
        NotAssignedError: the term is open and the actor does not teach the section.
        InvalidInputError: an administrator writes as such and the reason is missing, or it or the comment is no short
            line.
        InvalidScoreError: the value is not on the term's scale, or there without ``recorded``, or late without it.
        NotEnrolledError: the student is not in the section.
        AlreadyRecordedError: there is a score already; its ``conflict`` shows it beside this one.
        EvaluationCancelledError: the evaluation is cancelled.
        ClosedTermError: the term is closed and the actor is a teacher.
        ConflictError: the evaluation was deleted or changed, or the term opened or closed, at this moment.
        IdempotentReplay: the same request was answered before.
    """
    inputs.checked_reason(reason)
    given = {"student_id": student_id, "state": state, "value": value, "late": late, "comment": comment}

    def write() -> Score:
        try:
            return _record(evaluation_cache.get_stored(evaluation_id), actor, reason, reply, **given)
        except _OutdatedEvaluationError:
            evaluation_cache.forget(evaluation_id)
            return _record(evaluation_cache.get_stored(evaluation_id), actor, reason, reply, **given)

    return term_locking.retry_if_moved(actor, write)


def _record(stored: StoredEvaluation, actor: Principal, reason: str, reply: Reply[Score] | None, **given: Any) -> Score:  # noqa: ANN401 - as first_score takes them
    evaluation = stored.evaluation
    place = {"section_id": evaluation.section_id, "term_id": evaluation.term_id}
    permit = access.require_grader(actor, **place, reason=reason)
    stored = evaluation_cache.require_not_cancelled(stored)
    evaluation = stored.evaluation
    score = first_score(evaluation, actor=actor, **given)
    unit = UnitOfWork.answering(reply, score, lock=permit.lock)
    if not stored.has_scores:
        stored_evaluations.mark_scored(unit.transaction, evaluation, otherwise=_OutdatedEvaluationError)
    roster.require_enrolled(unit.transaction, score.section_id, score.student_id, otherwise=NotEnrolledError)
    change = ScoreChange(score, "recorded", reason=reason)
    changes.add_score_change(
        unit.transaction,
        change,
        Writer.by(actor, permit),
        otherwise=lambda found: _already_recorded(found, score),
    )
    unit.commit()
    if not stored.has_scores:
        evaluation_cache.remember(replace(stored, has_scores=True))
    return score


def _already_recorded(found: StoredScore | None, first: Score) -> AlreadyRecordedError:
    return AlreadyRecordedError(correcting.first_score_conflict(found.score, first) if found else None)
