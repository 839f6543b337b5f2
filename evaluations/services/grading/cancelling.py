"""Cancelling an evaluation that was set by mistake, and reinstating it.

A cancelled evaluation counts for nothing and takes no scores; those that it has stay, with their histories, and the
government is told of each that it is cancelled (``services.government``). No score is written: what counts and what is
told follows from the evaluation itself, so a cancellation costs the same whatever the number of its scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edu import clock
from edu.idempotency import Reply
from evaluations.domain.evaluation import Evaluation
from evaluations.repository import stored_evaluations
from evaluations.services import inputs
from evaluations.services.grading import access, changes, evaluation_cache
from evaluations.services.grading.changes import EvaluationChange, Writer
from evaluations.services.grading.evaluation_conflicts import Refusal, stale_version
from evaluations.services.grading.unit_of_work import UnitOfWork
from evaluations.services.school import school_cache, term_locking

if TYPE_CHECKING:
    from edu.identity.principal import Principal
    from evaluations.repository.stored_evaluations import StoredEvaluation


def cancel_evaluation(
    *, actor: Principal, evaluation_id: str, version: int, reason: str, reply: Reply[Evaluation] | None = None
) -> Evaluation:
    """Cancel the evaluation's ``version``, for the reason that is given. What is cancelled already is no new version.

    Raises:
        NotFoundError: no such evaluation in this school.
        NotAssignedError: the actor neither teaches its section nor administers the school.
        ClosedTermError: the term is closed and the actor is a teacher.
        InvalidInputError: there is no reason, or it is no short line.
        StaleVersionError: the evaluation has another version by now.
        IdempotentReplay: the same request was answered before.
    """
    return _change_standing(actor, evaluation_id, _Wanted(version, reason, reply, cancelled=True))


def reinstate_evaluation(
    *, actor: Principal, evaluation_id: str, version: int, reason: str, reply: Reply[Evaluation] | None = None
) -> Evaluation:
    """Let a cancelled evaluation count again, with the scores that it had. Same errors as ``cancel_evaluation``."""
    return _change_standing(actor, evaluation_id, _Wanted(version, reason, reply, cancelled=False))


@dataclass(frozen=True)
class _Wanted:
    """Which version is to be cancelled or to stand, why, and how that is answered."""

    version: int
    reason: str
    reply: Reply[Evaluation] | None
    cancelled: bool


def _change_standing(actor: Principal, evaluation_id: str, wanted: _Wanted) -> Evaluation:
    if not inputs.checked_reason(wanted.reason):
        raise inputs.missing_reason()
    stored = term_locking.retry_if_moved(actor, lambda: _write(actor, evaluation_id, wanted))
    evaluation_cache.remember(stored)
    return stored.evaluation


def _write(actor: Principal, evaluation_id: str, wanted: _Wanted) -> StoredEvaluation:
    stored = stored_evaluations.get_stored(evaluation_id)
    before = stored.evaluation
    access.require_writer(actor, school_cache.get_section(before.section_id))
    place = {"section_id": before.section_id, "term_id": before.term_id}
    permit = access.require_editor(actor, **place, reason=wanted.reason)
    yours = {"cancelled": wanted.cancelled, "version": wanted.version}
    if before.version != wanted.version:
        raise stale_version(before, yours)
    otherwise = Refusal(before, yours, scored=lambda: stale_version(before, yours))
    if before.cancelled == wanted.cancelled:
        unit = UnitOfWork.answering(wanted.reply, before)
        stored_evaluations.require_version(unit.transaction, before, otherwise=otherwise)
    else:
        after = before.with_other_standing(at=clock.now())
        unit = UnitOfWork.answering(wanted.reply, after, lock=permit.lock)
        if wanted.cancelled:
            change = EvaluationChange(after, "cancelled", stored, wanted.reason)
        else:
            change = EvaluationChange(after, "reinstated", stored, wanted.reason)
        stored = changes.add_evaluation_change(unit.transaction, change, Writer.by(actor, permit), otherwise=otherwise)
    unit.commit()
    return stored
