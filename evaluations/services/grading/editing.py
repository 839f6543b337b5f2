"""Changing an evaluation itself, and taking back one that nobody was graded in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from edu.idempotency import Reply
from evaluations.domain.evaluation import Evaluation, EvaluationKind, EvaluationPurpose, kept_purpose
from evaluations.errors import HasScoresError
from evaluations.repository import stale_marks, stored_evaluations
from evaluations.services import inputs
from evaluations.services.grading import access, audit_trail, changes
from evaluations.services.grading.changes import EvaluationChange, Writer
from evaluations.services.grading.evaluation_conflicts import Refusal, stale_version
from evaluations.services.grading.unit_of_work import UnitOfWork
from evaluations.services.school import school_cache, term_locking, term_rules

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from decimal import Decimal

    from edu.errors import LibretaError
    from edu.identity.principal import Principal
    from evaluations.repository.stored_evaluations import StoredEvaluation
    from evaluations.services.grading.access import Permit

_EXPLAINED = ("weight", "held_on")  # what is changed with a reason once students have scores


def edit_evaluation(
    *,
    actor: Principal,
    evaluation_id: str,
    version: int,
    title: str | None = None,
    weight: Decimal | None = None,
    held_on: date | None = None,
    kind: EvaluationKind | None = None,
    purpose: EvaluationPurpose | None = None,
    reason: str = "",
    reply: Reply[Evaluation] | None = None,
) -> Evaluation:
    """Change what is given of an evaluation's ``version``. What changes nothing is no new version.

    Each version stays in the evaluation's history, with the reason.

    Raises:
        NotFoundError: no such evaluation in this school.
        NotAssignedError: the actor neither teaches its section nor administers the school.
        ClosedTermError: the term is closed and the actor is a teacher.
        HasScoresError: the kind or the purpose would change, and scores repeat them.
        InvalidInputError: a value is none, the day is outside the term, or the reason is missing: the evaluation has
            scores and its weight or day would change, the term is closed, or the actor does not teach the section.
        StaleVersionError: the evaluation has another version by now.
        IdempotentReplay: the same request was answered before.
    """
    inputs.checked_reason(reason)
    asked: dict[str, Any] = {"title": title, "weight": weight, "held_on": held_on, "kind": kind, "purpose": purpose}
    given = {name: value for name, value in asked.items() if value is not None}
    wanted = _Wanted(version, given, reason, reply)
    return term_locking.retry_if_moved(actor, lambda: _edit(actor, evaluation_id, wanted))


@dataclass(frozen=True)
class _Wanted:
    """What of an evaluation's ``version`` is to be what instead, why, and how that is answered."""

    version: int
    given: dict[str, Any]
    reason: str
    reply: Reply[Evaluation] | None


def _edit(actor: Principal, evaluation_id: str, wanted: _Wanted) -> Evaluation:
    version, given, reason = wanted.version, wanted.given, wanted.reason
    stored = stored_evaluations.get_stored(evaluation_id)
    before = stored.evaluation
    access.require_writer(actor, school_cache.get_section(before.section_id))
    changed = {name: value for name, value in given.items() if value != _said(before, name)}
    permit = _require_allowed(actor, stored, changed, reason)
    if before.version != version:
        raise stale_version(before, given | {"version": version})
    unexplained = bool(changed.keys() & set(_EXPLAINED)) and not reason
    if unexplained and stored.has_scores:
        raise inputs.missing_reason()
    with inputs.domain_rules():
        after = replace(before, **_kept(changed), version=before.version + bool(changed))
    otherwise = Refusal(before, given | {"version": version}, scored=_scored(before, after))
    if permit:
        unit = UnitOfWork.answering(wanted.reply, after, lock=permit.lock)
        change, writer = EvaluationChange(after, "edited", stored, reason), Writer.by(actor, permit)
        changes.add_evaluation_change(unit.transaction, change, writer, unscored=unexplained, otherwise=otherwise)
    else:
        unit = UnitOfWork.answering(wanted.reply, after)
        stored_evaluations.require_version(unit.transaction, before, otherwise=otherwise)
    unit.commit()
    return after


def _scored(before: Evaluation, after: Evaluation) -> Callable[[], LibretaError]:
    """The error of an evaluation that got its first score while its next version was made ready."""
    repeated = after.kind is not before.kind or after.purpose is not before.purpose
    return inputs.missing_reason if after.version != before.version and not repeated else HasScoresError


def delete_evaluation(
    *, actor: Principal, evaluation_id: str, version: int, reason: str = "", reply: Reply[Evaluation] | None = None
) -> None:
    """Take an evaluation back that has no scores. What stays is its entry in the trail, and a tombstone to prove it.

    One that has scores, voided ones among them, is cancelled instead (``cancelling``): they are what people were told.

    Raises:
        InvalidInputError: the reason is missing, and the actor does not teach the section.
        HasScoresError: it has scores, or had: a voided one counts.
        ClosedTermError: the term is closed.
        NotFoundError, NotAssignedError, StaleVersionError, IdempotentReplay: as ``edit_evaluation``.
    """
    inputs.checked_reason(reason)
    term_locking.retry_if_moved(actor, lambda: _delete(actor, evaluation_id, version, reason, reply))


def _delete(actor: Principal, evaluation_id: str, version: int, reason: str, reply: Reply[Evaluation] | None) -> None:
    stored = stored_evaluations.get_stored(evaluation_id)
    evaluation = stored.evaluation
    access.require_writer(actor, school_cache.get_section(evaluation.section_id))
    term_rules.require_open_term(evaluation.term_id)
    permit = access.require_editor(actor, **_place(evaluation), reason=reason)
    if evaluation.version != version:
        raise stale_version(evaluation, {"version": version})
    if stored.has_scores:
        raise _undeletable()
    unit = UnitOfWork.answering(reply, evaluation, lock=replace(permit, is_open=True).lock)
    otherwise = Refusal(evaluation, {"version": version}, scored=_undeletable)
    stored_evaluations.delete(unit.transaction, stored, otherwise=otherwise)
    audit_trail.add_deletion(
        unit.transaction,
        actor=actor,
        record=evaluation,
        salt=stored.salt,
        reason=reason,
        capacity=permit.capacity,
    )
    stale_marks.mark_section_stale(unit.transaction, evaluation)
    unit.commit()


def _undeletable() -> HasScoresError:
    return HasScoresError(_("It can be cancelled instead: its scores stay in its history and count for nothing"))


def _require_allowed(actor: Principal, stored: StoredEvaluation, changed: dict[str, Any], reason: str) -> Permit | None:
    """The permit to change this; ``None`` when nothing is."""
    place = _place(stored.evaluation)
    permit = access.require_editor(actor, **place, reason=reason) if changed else None
    if "held_on" in changed:
        term_rules.require_day_of(school_cache.get_term(place["term_id"]), changed["held_on"])
    if changed.keys() & {"kind", "purpose"} and stored.has_scores:
        raise HasScoresError
    return permit


def _place(evaluation: Evaluation) -> dict[str, str]:
    return {"section_id": evaluation.section_id, "term_id": evaluation.term_id}


def _said(evaluation: Evaluation, name: str) -> Any:  # noqa: ANN401 - a field's value
    return evaluation.stated_purpose if name == "purpose" else getattr(evaluation, name)


def _kept(changed: dict[str, Any]) -> dict[str, Any]:
    """What was asked for as an evaluation keeps it."""
    return {**changed, "purpose": kept_purpose(changed["purpose"])} if "purpose" in changed else changed
