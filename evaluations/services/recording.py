"""Writing grades. One transaction per write: the record, its audit entry, the government's mark, the stored answer."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, TypeVar

from django.utils.translation import gettext_lazy as _

from edu import audit, clock
from edu.dynamo.errors import ConditionFailedError
from edu.dynamo.transactions import THERE, Transaction
from edu.errors import ConflictError, FieldError
from evaluations.domain.evaluation import Evaluation, EvaluationKind, Score, ScoreState
from evaluations.errors import AlreadyRecordedError, InvalidScoreError, NotEnrolledError
from evaluations.repository import grades, roster
from evaluations.services import rules, trail

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from edu.idempotency import Reply
    from edu.identity.principal import Principal

T = TypeVar("T", Evaluation, Score)
_REASONS = {
    "out_of_range": _("The value is outside the school's grading scale"),
    "bad_step": _("The grading scale has no such step"),
    "not_a_number": _("This is not a number"),
    "unknown_letter": _("The grading scale has no such letter"),
}


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
        InvalidInputError: no such term, or the date is outside it.
        ClosedTermError: the term is closed.
        IdempotentReplay: the same request was answered before.
    """
    section = rules.get_section(section_id)
    rules.require_writer(actor, section)
    rules.require_open_term(term_id, held_on)
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
        )
    transaction, salt = Transaction(), audit.new_salt()
    grades.add_evaluation(transaction, evaluation, salt)
    trail.add_new(transaction, actor=actor, verb="created", record=evaluation, salt=salt)
    _commit(transaction, evaluation, reply)
    return evaluation


def record_score(
    *,
    actor: Principal,
    evaluation_id: str,
    student_id: str,
    state: ScoreState,
    value: str | None,
    reply: Reply[Score] | None = None,
) -> Score:
    """Record a student's first score in an evaluation and mark it for the government.

    Raises:
        NotFoundError: no such evaluation in this school.
        NotAssignedError: the actor does not teach its section.
        InvalidScoreError: the value is not on the school's scale, or there without ``recorded``.
        NotEnrolledError: the student is not in the section.
        AlreadyRecordedError: there is a score already.
        ClosedTermError: the term is closed.
        IdempotentReplay: the same request was answered before.
    """
    evaluation = grades.get_evaluation(evaluation_id)
    rules.require_writer(actor, rules.get_section(evaluation.section_id))
    rules.require_open_term(evaluation.term_id)
    with rules.domain_rules():
        score = Score(
            evaluation_id=evaluation_id,
            student_id=student_id,
            section_id=evaluation.section_id,
            course_id=evaluation.course_id,
            term_id=evaluation.term_id,
            kind=evaluation.kind,
            state=state,
            value=canonical_value(state, value),
            version=1,
            recorded_by=actor.subject,
            recorded_at=clock.now(),
        )
    transaction, salt = Transaction(), audit.new_salt()
    enrolled = transaction.check(roster.enrolment_key(score.section_id, student_id), THERE)
    grades.add_score(transaction, score, salt)
    grades.add_pending(transaction, score)
    trail.add_new(transaction, actor=actor, verb="recorded", record=score, salt=salt)
    try:
        _commit(transaction, score, reply)
    except ConditionFailedError as error:
        raise (NotEnrolledError() if enrolled in error.failed else AlreadyRecordedError()) from error
    return score


def canonical_value(state: ScoreState, value: str | None) -> str | None:
    """The value as the school's scale writes it; ``None`` when the state is not ``recorded``.

    Raises:
        InvalidScoreError: see ``record_score``.
    """
    if state is not ScoreState.RECORDED:
        if value is not None:
            raise InvalidScoreError(fields=[FieldError("value", "no_value", _("Only a recorded score has a value"))])
        return None
    if value is None:
        raise InvalidScoreError(fields=[FieldError("value", "required", _("A recorded score needs a value"))])
    scale = rules.get_school().scale
    try:
        return scale.canonical(scale.parse(value))
    except ValueError as error:
        rule = str(error)
        message = _REASONS.get(rule, _REASONS["not_a_number"])
        raise InvalidScoreError(fields=[FieldError("value", rule, message)]) from error


def _commit(transaction: Transaction, record: T, reply: Reply[T] | None) -> None:
    position = reply.remember(transaction, record) if reply else None
    try:
        transaction.commit()
    except ConditionFailedError as error:
        if reply and position is not None:
            reply.key.replay_if_used(error, position)
        if isinstance(record, Score):
            raise
        raise ConflictError from error
