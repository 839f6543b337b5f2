"""Changing a score that stands: corrections, and voids, which are corrections to no grade at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edu import clock
from edu.dynamo.errors import TransactionConflictError
from edu.identity.capabilities import holds
from evaluations.domain.evaluation import Score, ScoreContent, ScoreState
from evaluations.errors import StaleVersionError
from evaluations.permissions import SEE_SCORES_ANYWHERE
from evaluations.repository import stored_scores
from evaluations.services import inputs
from evaluations.services.grading import access, changes, evaluation_cache
from evaluations.services.grading.changes import ScoreChange, Writer
from evaluations.services.grading.score_values import checked_result
from evaluations.services.grading.unit_of_work import UnitOfWork
from evaluations.services.school import term_locking

if TYPE_CHECKING:
    from collections.abc import Callable

    from edu.idempotency import Reply
    from edu.identity.principal import Principal
    from evaluations.repository.stored_scores import StoredScore
    from evaluations.services.grading.access import Permit


@dataclass(frozen=True)
class Correction:
    """What a score is to become, from which version on, and why."""

    result: ScoreContent
    version: int
    reason: str
    verb: str


def correct_score(
    *,
    actor: Principal,
    evaluation_id: str,
    student_id: str,
    version: int,
    state: ScoreState,
    value: str | None,
    late: bool = False,
    comment: str | None = None,
    reason: str = "",
    reply: Reply[Score] | None = None,
) -> Score:
    """Put another result in the place of a score's ``version``, and mark it for the government again.

    The result is the whole of what the score says: without a ``comment`` it has none any more. What says the same as
    the score already does is no new version: only the answer is stored. A voided score is
    recorded again in this way, with a reason.

    Raises:
        NotFoundError: no such score in this school.
        NotAssignedError: the term is open and the actor does not teach the section.
        ClosedTermError: the term is closed and the actor is a teacher.
        EvaluationCancelledError: the evaluation is cancelled.
        InvalidInputError: the reason is missing where one is needed: of an administrator who writes as such, in a
            closed term for one, and for a voided score; or the comment is no line of at most 500 characters.
        InvalidScoreError: see ``score_values.checked_result``.
        StaleVersionError: the score has another version by now.
        ReopenedTermError: the term is opened and closed at this moment.
        IdempotentReplay: the same request was answered before.
    """
    inputs.checked_reason(reason)

    def write() -> Score:
        stored, permit = _get_writable(actor, evaluation_id, student_id, reason)
        term_id = stored.score.term_id
        result = checked_result(state=state, value=value, late=late, comment=comment, term_id=term_id)
        return _change(actor, stored, Correction(result, version, reason, "corrected"), reply, permit)

    return term_locking.retry_if_moved(actor, write)


def void_score(
    *,
    actor: Principal,
    evaluation_id: str,
    student_id: str,
    version: int,
    reason: str,
    reply: Reply[Score] | None = None,
) -> Score:
    """Take a score out of account without deleting it: state ``void``, no value, no comment, its history kept.

    Same errors as ``correct_score``. The reason is always needed. Voiding what is void changes nothing.
    """
    if not inputs.checked_reason(reason):
        raise inputs.missing_reason()
    correction = Correction(ScoreContent(state=ScoreState.VOID), version, reason, "voided")

    def write() -> Score:
        stored, permit = _get_writable(actor, evaluation_id, student_id, reason)
        return _change(actor, stored, correction, reply, permit)

    return term_locking.retry_if_moved(actor, write)


def version_conflict(current: Score, correction: Correction) -> StaleVersionError:
    """The error of a change whose version is not the current one, with both sides for the client to choose."""
    return StaleVersionError(current=shown(current), yours=_sent(correction.result, correction.version))


def first_score_conflict(current: Score, first: Score) -> StaleVersionError:
    """The same of a first score where one stands: there was to be no version."""
    return StaleVersionError(current=shown(current), yours=_sent(ScoreContent.of(first), None))


def _sent(result: ScoreContent, version: int | None) -> dict[str, Any]:
    return {
        "state": str(result.state),
        "value": result.value,
        "late": result.late,
        "comment": result.comment,
        "version": version,
    }


def shown(score: Score) -> dict[str, Any]:
    """A score as an error shows it to whoever was about to overwrite it."""
    return {
        "state": str(score.state),
        "value": score.value,
        "late": score.late,
        "comment": score.comment,
        "version": score.version,
        "recorded_at": score.recorded_at.isoformat().replace("+00:00", "Z"),
    }


def _get_writable(actor: Principal, evaluation_id: str, student_id: str, reason: str) -> tuple[StoredScore, Permit]:
    """The score, and the permit to write it. Only who may see every score learns first whether there is one."""
    remembered = evaluation_cache.get_stored(evaluation_id)
    place = remembered.evaluation
    known = stored_scores.get_stored(evaluation_id, student_id) if holds(actor, SEE_SCORES_ANYWHERE) else None
    permit = access.require_grader(actor, section_id=place.section_id, term_id=place.term_id, reason=reason)
    evaluation_cache.require_not_cancelled(remembered)
    return known or stored_scores.get_stored(evaluation_id, student_id), permit


def _change(
    actor: Principal, stored: StoredScore, correction: Correction, reply: Reply[Score] | None, permit: Permit
) -> Score:
    score = stored.score
    if score.version != correction.version:
        raise version_conflict(score, correction)
    if ScoreContent.of(score) == correction.result:
        return _leave_as_it_is(score, correction, reply)
    if score.state is ScoreState.VOID and not correction.reason:
        raise inputs.missing_reason()
    after = score.corrected(correction.result, by=actor.subject, at=clock.now())
    unit = UnitOfWork.answering(reply, after, lock=permit.lock)
    change, writer = ScoreChange(after, correction.verb, stored, correction.reason), Writer.by(actor, permit)
    changes.add_score_change(unit.transaction, change, writer, otherwise=_version_conflict_unless_gone(correction))
    _commit(unit, after, correction)
    return after


def _leave_as_it_is(score: Score, correction: Correction, reply: Reply[Score] | None) -> Score:
    if reply:
        unit = UnitOfWork.answering(reply, score)
        stored_scores.require_version(unit.transaction, score, otherwise=_version_conflict_unless_gone(correction))
        _commit(unit, score, correction)
    return score


def _version_conflict_unless_gone(correction: Correction) -> Callable[[StoredScore | None], StaleVersionError | None]:
    return lambda found: version_conflict(found.score, correction) if found else None


def _commit(unit: UnitOfWork, after: Score, correction: Correction) -> None:
    try:
        unit.commit()
    except TransactionConflictError as error:
        current = stored_scores.get_stored(after.evaluation_id, after.student_id).score
        if current.version == correction.version:
            raise
        # who held the item has written it: waiting longer is of no use
        raise version_conflict(current, correction) from error
