"""Setting evaluations and recording first scores. One transaction per write."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from edu import clock
from edu.errors import ConflictError
from evaluations.domain.evaluation import Evaluation, EvaluationKind, Score, ScoreState
from evaluations.errors import AlreadyRecordedError, NotEnrolledError
from evaluations.repository import heads, roster
from evaluations.services import authority, changes, reasons, rules, term_gates
from evaluations.services.changes import EvaluationChange, ScoreChange
from evaluations.services.unit_of_work import UnitOfWork
from evaluations.services.values import first_score

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from edu.idempotency import Reply
    from edu.identity.principal import Principal
    from evaluations.repository.heads import Head


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
    section = rules.get_section(section_id)
    rules.require_writer(actor, section)
    rules.require_year_of(rules.require_open_term(term_id, held_on), section)
    with rules.domain_rules():
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
            scale_id=rules.get_scale(term_id).scale_id,
        )
    gate = term_gates.gate_of(term_id=term_id, section_id=section_id)
    unit = UnitOfWork.answering(reply, evaluation, gate=gate)
    change = EvaluationChange(evaluation, "created")
    head = changes.add_evaluation_change(unit.transaction, change, actor, otherwise=lambda _: ConflictError())
    unit.commit()
    rules.remember_head(head)
    return evaluation


class _OutdatedHeadError(ConflictError):
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
    reasons.checked(reason)
    given = {"student_id": student_id, "state": state, "value": value, "late": late}

    def write() -> Score:
        try:
            return _record(rules.get_head(evaluation_id), actor, reason, reply, **given)
        except _OutdatedHeadError:
            rules.forget_head(evaluation_id)
            return _record(rules.get_head(evaluation_id), actor, reason, reply, **given)

    return term_gates.once_more(actor, write)


def _record(head: Head, actor: Principal, reason: str, reply: Reply[Score] | None, **given: Any) -> Score:  # noqa: ANN401 - as first_score takes them
    evaluation = head.evaluation
    place = {"section_id": evaluation.section_id, "term_id": evaluation.term_id}
    is_open = authority.require_grader(actor, **place, reason=reason)
    score = first_score(evaluation, actor=actor, **given)
    unit = UnitOfWork.answering(reply, score, gate=term_gates.gate_of(**place, is_open=is_open))
    if not head.has_scores:
        heads.mark_scored(unit.transaction, evaluation, otherwise=_OutdatedHeadError)
    roster.require_enrolled(unit.transaction, score.section_id, score.student_id, otherwise=NotEnrolledError)
    change = ScoreChange(score, "recorded", reason=reason)
    changes.add_change(unit.transaction, change, actor, otherwise=lambda _: AlreadyRecordedError())
    unit.commit()
    if not head.has_scores:
        rules.remember_head(replace(head, has_scores=True))
    return score
