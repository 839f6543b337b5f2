"""Changing a score that stands: corrections, and voids, which are corrections to no grade at all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from edu import clock
from edu.dynamo.errors import ConditionFailedError, TransactionConflictError
from edu.dynamo.transactions import Transaction
from edu.idempotency import Reply
from edu.identity.capabilities import holds
from evaluations.domain.evaluation import Score, ScoreState
from evaluations.domain.revisions import Result
from evaluations.errors import StaleVersionError
from evaluations.permissions import SEE_SCORES_ANYWHERE
from evaluations.repository import revisions
from evaluations.services import authority, changes, reasons, rules, term_gates
from evaluations.services.changes import ScoreChange
from evaluations.services.term_gates import Gate
from evaluations.services.values import checked_result

if TYPE_CHECKING:
    from edu.identity.principal import Principal
    from evaluations.repository.revisions import StoredScore


@dataclass(frozen=True)
class Wanted:
    """What a score is to become, from which version on, and why."""

    result: Result
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
    reason: str = "",
    reply: Reply[Score] | None = None,
) -> Score:
    """Put another result in the place of a score's ``version``, and mark it for the government again.

    What says the same as the score already does is no new version: only the answer is stored. A voided score is
    recorded again in this way, with a reason.

    Raises:
        NotFoundError: no such score in this school.
        NotAssignedError: the term is open and the actor does not teach the section.
        ClosedTermError: the term is closed and the actor is a teacher.
        InvalidInputError: the reason is missing where one is needed: in a closed term, and for a voided score.
        InvalidScoreError: see ``values.checked_result``.
        StaleVersionError: the score has another version by now.
        ReopenedTermError: the term is opened and closed at this moment.
        IdempotentReplay: the same request was answered before.
    """
    reasons.checked(reason)

    def write() -> Score:
        stored, is_open = _get_writable(actor, evaluation_id, student_id, reason)
        result = checked_result(state=state, value=value, late=late, term_id=stored.score.term_id)
        return _change(actor, stored, Wanted(result, version, reason, "corrected"), reply, is_open=is_open)

    return term_gates.once_more(actor, write)


def void_score(
    *,
    actor: Principal,
    evaluation_id: str,
    student_id: str,
    version: int,
    reason: str,
    reply: Reply[Score] | None = None,
) -> Score:
    """Take a score out of account without deleting it: state ``void``, no value, its history kept.

    Same errors as ``correct_score``. The reason is always needed. Voiding what is void changes nothing.
    """
    if not reasons.checked(reason):
        raise reasons.missing()
    wanted = Wanted(Result(state=ScoreState.VOID), version, reason, "voided")

    def write() -> Score:
        stored, is_open = _get_writable(actor, evaluation_id, student_id, reason)
        return _change(actor, stored, wanted, reply, is_open=is_open)

    return term_gates.once_more(actor, write)


def stale(current: Score, wanted: Wanted) -> StaleVersionError:
    """The error of a change whose version is not the current one, with both sides for the client to choose."""
    result = wanted.result
    yours = {"state": str(result.state), "value": result.value, "late": result.late, "version": wanted.version}
    return StaleVersionError(current=shown(current), yours=yours)


def shown(score: Score) -> dict[str, Any]:
    """A score as an error shows it to whoever was about to overwrite it."""
    return {
        "state": str(score.state),
        "value": score.value,
        "late": score.late,
        "version": score.version,
        "recorded_at": score.recorded_at.isoformat().replace("+00:00", "Z"),
    }


def _get_writable(actor: Principal, evaluation_id: str, student_id: str, reason: str) -> tuple[StoredScore, bool]:
    """The score, and whether its term is open. Only who may see every score learns first whether there is one."""
    place = rules.get_head(evaluation_id).evaluation
    known = revisions.get_stored(evaluation_id, student_id) if holds(actor, SEE_SCORES_ANYWHERE) else None
    is_open = authority.require_grader(actor, section_id=place.section_id, term_id=place.term_id, reason=reason)
    return known or revisions.get_stored(evaluation_id, student_id), is_open


def _change(
    actor: Principal, stored: StoredScore, wanted: Wanted, reply: Reply[Score] | None, *, is_open: bool
) -> Score:
    score = stored.score
    if score.version != wanted.version:
        raise stale(score, wanted)
    if Result.of(score) == wanted.result:
        return _leave_as_it_is(score, wanted, reply)
    if score.state is ScoreState.VOID and not wanted.reason:
        raise reasons.missing()
    after = replace(
        score,
        state=wanted.result.state,
        value=wanted.result.value,
        late=wanted.result.late,
        version=score.version + 1,
        recorded_by=actor.subject,
        recorded_at=clock.now(),
    )
    transaction = Transaction()
    gate = term_gates.require(transaction, term_id=score.term_id, section_id=score.section_id, is_open=is_open)
    written = changes.add_change(transaction, ScoreChange(after, wanted.verb, stored, wanted.reason), actor)
    _commit(_Attempt(transaction, gate, written, wanted, after, reply))
    return after


def _leave_as_it_is(score: Score, wanted: Wanted, reply: Reply[Score] | None) -> Score:
    if reply:
        transaction = Transaction()
        unchanged = revisions.require_version(transaction, score)
        _commit(_Attempt(transaction, None, unchanged, wanted, score, reply))
    return score


@dataclass(frozen=True)
class _Attempt:
    """A transaction ready to be committed; ``position`` is where it requires the version that is wanted."""

    transaction: Transaction
    gate: Gate | None
    position: int
    wanted: Wanted
    after: Score
    reply: Reply[Score] | None


def _commit(attempt: _Attempt) -> None:
    reply, wanted = attempt.reply, attempt.wanted
    answered = reply.remember(attempt.transaction, attempt.after) if reply else None
    try:
        if attempt.gate:
            term_gates.commit(attempt.gate)
        else:
            attempt.transaction.commit()
    except ConditionFailedError as error:
        if reply and answered is not None:
            reply.key.replay_if_used(error, answered)
        found = error.failed.get(attempt.position)
        if found is None:
            raise
        raise stale(revisions.stored_of(found).score, wanted) from error
    except TransactionConflictError as error:
        current = revisions.get_stored(attempt.after.evaluation_id, attempt.after.student_id).score
        if current.version == wanted.version:
            raise
        raise stale(current, wanted) from error  # who held the item has written it: waiting longer is of no use
