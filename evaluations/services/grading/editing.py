"""Changing an evaluation itself, and taking back one that nobody was graded in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from edu.errors import LibretaError, NotFoundError
from edu.idempotency import Reply
from evaluations.domain.evaluation import Evaluation, EvaluationKind
from evaluations.errors import HasScoresError, StaleVersionError
from evaluations.repository import stale_marks, stored_evaluations
from evaluations.services import inputs
from evaluations.services.grading import access, audit_trail, changes
from evaluations.services.grading.changes import EvaluationChange
from evaluations.services.grading.unit_of_work import UnitOfWork
from evaluations.services.school import school_cache, term_locking, term_rules

if TYPE_CHECKING:
    from datetime import date

    from edu.identity.principal import Principal
    from evaluations.repository.stored_evaluations import StoredEvaluation

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
    reason: str = "",
    reply: Reply[Evaluation] | None = None,
) -> Evaluation:
    """Change what is given of an evaluation's ``version``. What changes nothing is no new version.

    Each version stays in the evaluation's history, with the reason.

    Raises:
        NotFoundError: no such evaluation in this school.
        NotAssignedError: the actor neither teaches its section nor administers the school.
        ClosedTermError: the term is closed and the actor is a teacher.
        HasScoresError: the kind would change, and scores repeat it.
        InvalidInputError: a value is none, the day is outside the term, or the reason is missing: the evaluation has
            scores and its weight or day would change, the term is closed, or the actor does not teach the section.
        StaleVersionError: the evaluation has another version by now.
        IdempotentReplay: the same request was answered before.
    """
    inputs.checked_reason(reason)
    asked: dict[str, Any] = {"title": title, "weight": weight, "held_on": held_on, "kind": kind}
    given = {name: value for name, value in asked.items() if value is not None}
    wanted = _Wanted(version, given, reason, reply)
    return term_locking.retry_if_term_moved(actor, lambda: _edit(actor, evaluation_id, wanted))


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
    changed = {name: value for name, value in given.items() if value != getattr(before, name)}
    is_open = _require_allowed(actor, stored, changed, reason)
    if before.version != version:
        raise _stale(before, given | {"version": version})
    unexplained = bool(changed.keys() & set(_EXPLAINED)) and not reason
    if unexplained and stored.has_scores:
        raise inputs.missing_reason()
    with inputs.domain_rules():
        after = replace(before, **changed, version=before.version + bool(changed))
    otherwise = _Refusal(before, given | {"version": version}, scored=_scored(before, after))
    if changed:
        unit = UnitOfWork.answering(wanted.reply, after, lock=term_locking.lock_of(**_place(before), is_open=is_open))
        change = EvaluationChange(after, "edited", stored, reason)
        changes.add_evaluation_change(unit.transaction, change, actor, unscored=unexplained, otherwise=otherwise)
    else:
        unit = UnitOfWork.answering(wanted.reply, after)
        stored_evaluations.require_version(unit.transaction, before, otherwise=otherwise)
    unit.commit()
    return after


def _scored(before: Evaluation, after: Evaluation) -> Callable[[], LibretaError]:
    """The error of an evaluation that got its first score while its next version was made ready."""
    return inputs.missing_reason if after.version != before.version and after.kind is before.kind else HasScoresError


def delete_evaluation(
    *, actor: Principal, evaluation_id: str, version: int, reason: str = "", reply: Reply[Evaluation] | None = None
) -> None:
    """Take an evaluation back that has no scores. What stays is its entry in the trail, and a tombstone to prove it.

    Raises:
        InvalidInputError: the reason is missing, and the actor does not teach the section.
        HasScoresError: it has scores, or had: a voided one counts.
        ClosedTermError: the term is closed.
        NotFoundError, NotAssignedError, StaleVersionError, IdempotentReplay: as ``edit_evaluation``.
    """
    inputs.checked_reason(reason)
    stored = stored_evaluations.get_stored(evaluation_id)
    evaluation = stored.evaluation
    access.require_writer(actor, school_cache.get_section(evaluation.section_id))
    term_rules.require_open_term(evaluation.term_id)
    access.require_editor(actor, **_place(evaluation), reason=reason)
    if evaluation.version != version:
        raise _stale(evaluation, {"version": version})
    if stored.has_scores:
        raise HasScoresError
    unit = UnitOfWork.answering(reply, evaluation, lock=term_locking.lock_of(**_place(evaluation), is_open=True))
    otherwise = _Refusal(evaluation, {"version": version}, scored=HasScoresError)
    stored_evaluations.delete(unit.transaction, stored, otherwise=otherwise)
    audit_trail.add_deletion(unit.transaction, actor=actor, record=evaluation, salt=stored.salt, reason=reason)
    stale_marks.mark_section_stale(unit.transaction, evaluation)
    unit.commit()


def _require_allowed(actor: Principal, stored: StoredEvaluation, changed: dict[str, Any], reason: str) -> bool:
    """Whether the term is open, when the actor may change this in it."""
    place = _place(stored.evaluation)
    is_open = not changed or access.require_editor(actor, **place, reason=reason)
    if "held_on" in changed:
        term_rules.require_day_of(school_cache.get_term(place["term_id"]), changed["held_on"])
    if "kind" in changed and stored.has_scores:
        raise HasScoresError
    return is_open


def _place(evaluation: Evaluation) -> dict[str, str]:
    return {"section_id": evaluation.section_id, "term_id": evaluation.term_id}


@dataclass(frozen=True)
class _Refusal:
    """Why an evaluation is not the version ``before`` any more: it is gone, got scores, or has another version."""

    before: Evaluation
    yours: dict[str, Any]
    scored: Callable[[], LibretaError]

    def __call__(self, standing: StoredEvaluation | None) -> LibretaError:
        """The error of what stands there."""
        if standing is None:
            return NotFoundError()
        if standing.evaluation.version == self.before.version:
            return self.scored()
        return _stale(standing.evaluation, self.yours)


def _stale(current: Evaluation, yours: dict[str, Any]) -> StaleVersionError:
    return StaleVersionError(current=_shown(current), yours={name: _text(value) for name, value in yours.items()})


def _shown(evaluation: Evaluation) -> dict[str, Any]:
    names = ("title", "weight", "held_on", "kind", "version")
    return {name: _text(getattr(evaluation, name)) for name in names}


def _text(value: Any) -> Any:  # noqa: ANN401 - a field's value
    """A field as the API writes it."""
    match value:
        case int():
            return value
        case Decimal():
            return f"{value:.2f}"
        case _:
            return str(value)
