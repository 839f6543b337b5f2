"""Changing an evaluation itself, and taking back one that nobody was graded in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from edu.dynamo.errors import ConditionFailedError
from edu.dynamo.transactions import Transaction
from edu.idempotency import Reply
from evaluations.domain.evaluation import Evaluation, EvaluationKind
from evaluations.errors import HasScoresError, StaleVersionError
from evaluations.repository import heads, staleness
from evaluations.repository.heads import Head
from evaluations.services import authority, changes, reasons, rules, term_gates, trail
from evaluations.services.changes import EvaluationChange
from evaluations.services.term_gates import Gate

if TYPE_CHECKING:
    from datetime import date

    from edu.errors import LibretaError
    from edu.identity.principal import Principal

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
    reasons.checked(reason)
    asked: dict[str, Any] = {"title": title, "weight": weight, "held_on": held_on, "kind": kind}
    given = {name: value for name, value in asked.items() if value is not None}
    wanted = _Wanted(version, given, reason, reply)
    return term_gates.once_more(actor, lambda: _edit(actor, evaluation_id, wanted))


@dataclass(frozen=True)
class _Wanted:
    """What of an evaluation's ``version`` is to be what instead, why, and how that is answered."""

    version: int
    given: dict[str, Any]
    reason: str
    reply: Reply[Evaluation] | None


def _edit(actor: Principal, evaluation_id: str, wanted: _Wanted) -> Evaluation:
    version, given, reason = wanted.version, wanted.given, wanted.reason
    head = heads.get_head(evaluation_id)
    before = head.evaluation
    rules.require_writer(actor, rules.get_section(before.section_id))
    changed = {name: value for name, value in given.items() if value != getattr(before, name)}
    is_open = _require_allowed(actor, head, changed, reason)
    if before.version != version:
        raise _stale(before, given | {"version": version})
    unexplained = bool(changed.keys() & set(_EXPLAINED)) and not reason
    if unexplained and head.has_scores:
        raise reasons.missing()
    with rules.domain_rules():
        after = replace(before, **changed, version=before.version + bool(changed))
    transaction, gate = Transaction(), None
    if changed:
        gate = term_gates.require(transaction, **_place(before), is_open=is_open)
        change = EvaluationChange(after, "edited", head, reason)
        position, _ = changes.add_evaluation_change(transaction, change, actor, unscored=unexplained)
    else:
        position = heads.require_version(transaction, before)
    _commit(_Attempt(transaction, gate, position, head, after, wanted.reply), given | {"version": version})
    return after


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
    reasons.checked(reason)
    head = heads.get_head(evaluation_id)
    evaluation = head.evaluation
    rules.require_writer(actor, rules.get_section(evaluation.section_id))
    rules.require_open_term(evaluation.term_id)
    authority.require_editor(actor, **_place(evaluation), reason=reason)
    if evaluation.version != version:
        raise _stale(evaluation, {"version": version})
    if head.has_scores:
        raise HasScoresError
    transaction = Transaction()
    gate = term_gates.require(transaction, **_place(evaluation), is_open=True)
    position = heads.bury(transaction, head)
    trail.add_deletion(transaction, actor=actor, record=evaluation, salt=head.salt, reason=reason)
    staleness.mark_section_stale(transaction, evaluation)
    _commit(_Attempt(transaction, gate, position, head, evaluation, reply), {"version": version})


def _require_allowed(actor: Principal, head: Head, changed: dict[str, Any], reason: str) -> bool:
    """Whether the term is open, when the actor may change this in it."""
    place = _place(head.evaluation)
    is_open = not changed or authority.require_editor(actor, **place, reason=reason)
    if "held_on" in changed:
        rules.require_day_of(rules.get_term(place["term_id"]), changed["held_on"])
    if "kind" in changed and head.has_scores:
        raise HasScoresError
    return is_open


def _place(evaluation: Evaluation) -> dict[str, str]:
    return {"section_id": evaluation.section_id, "term_id": evaluation.term_id}


@dataclass(frozen=True)
class _Attempt:
    """A transaction ready to be committed; ``position`` is where it requires the evaluation to be as in ``head``."""

    transaction: Transaction
    gate: Gate | None
    position: int
    head: Head
    after: Evaluation
    reply: Reply[Evaluation] | None

    def scored(self) -> LibretaError:
        """The error of an evaluation that got its first score while this was made ready."""
        edited = self.after.version != self.head.evaluation.version
        same_kind = self.after.kind is self.head.evaluation.kind
        return reasons.missing() if edited and same_kind else HasScoresError()


def _commit(attempt: _Attempt, yours: dict[str, Any]) -> None:
    reply = attempt.reply
    answered = reply.remember(attempt.transaction, attempt.after) if reply else None
    try:
        if attempt.gate:
            term_gates.commit(attempt.gate)
        else:
            attempt.transaction.commit()
    except ConditionFailedError as error:
        if reply and answered is not None:
            reply.key.replay_if_used(error, answered)
        if attempt.position not in error.failed:
            raise
        current = heads.get_head(attempt.after.evaluation_id).evaluation
        if current.version == attempt.head.evaluation.version:
            raise attempt.scored() from error
        raise _stale(current, yours) from error


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
