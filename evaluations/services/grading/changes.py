"""The one way a score is written: with its history, its audit entry, its mark for the government, and the read models'.

First records, corrections, voids, section entry and imports all add their writes to a transaction here. So do an
evaluation's own versions: with their history, audit entry and mark for the read models.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edu import audit, clock
from edu.identity.principal import Principal
from evaluations.domain.evaluation import Evaluation, EvaluationPurpose, Score, ScoreContent
from evaluations.domain.evaluation_versions import EvaluationContent, EvaluationVersion
from evaluations.domain.score_versions import ScoreVersion
from evaluations.domain.teaching import Capacity
from evaluations.repository import (
    evaluation_versions,
    pending_scores,
    score_versions,
    stale_marks,
    stored_evaluations,
    stored_scores,
)
from evaluations.repository.stored_evaluations import StoredEvaluation
from evaluations.repository.stored_scores import StoredScore
from evaluations.services.grading import audit_trail

if TYPE_CHECKING:
    from edu.dynamo.transactions import Transaction
    from evaluations.services.grading.access import Permit


ACTIONS_PER_SCORE = 5


@dataclass(frozen=True)
class Writer:
    """Who writes, in which capacity, and whose the section is. An import knows neither (``None``)."""

    actor: Principal
    capacity: Capacity | None = None
    section_teacher_id: str | None = None

    @classmethod
    def by(cls, actor: Principal, permit: Permit) -> Writer:
        """Who was let in to write."""
        return cls(actor, permit.capacity, permit.section.teacher_id)


@dataclass(frozen=True)
class ScoreChange:
    """A score's next version. ``before`` is the one it replaces (``None``: the first is added).

    ``verb`` names it in the audit trail (``score.<verb>``). ``request`` is noted in the score's item.
    """

    after: Score
    verb: str
    before: StoredScore | None = None
    reason: str = ""
    request: str = ""


def add_score_change(
    transaction: Transaction, change: ScoreChange, writer: Writer, *, otherwise: stored_scores.Otherwise | None = None
) -> None:
    """Add everything that writing this score takes: ``ACTIONS_PER_SCORE`` actions at most.

    The score's own fails when ``before`` is not what stands there (see ``stored_scores.put_score``).
    """
    score, salt, actor = change.after, audit.new_salt(), writer.actor
    replaced = change.before.score if change.before else None
    stored = StoredScore(score, salt, change.request)
    stored_scores.put_score(transaction, stored, replaces=replaced, otherwise=otherwise)
    version = ScoreVersion(
        score=score,
        before=ScoreContent.of(replaced) if replaced else None,
        actor=actor.subject,
        role=str(actor.role),
        reason=change.reason,
        person_id=actor.person_id,
        capacity=writer.capacity,
        section_teacher_id=writer.section_teacher_id,
    )
    score_versions.add_version(transaction, version, salt)
    if score.is_told:
        pending_scores.add_pending(transaction, score)
    audit_trail.add_entry(
        transaction,
        actor=actor,
        verb=change.verb,
        before=(change.before.score, change.before.salt) if change.before else None,
        after=(score, salt),
        reason=change.reason,
        capacity=writer.capacity,
    )
    stale_marks.mark_stale(transaction, score)


@dataclass(frozen=True)
class EvaluationChange:
    """An evaluation's next version. ``before`` is the one it replaces (``None``: it is new).

    ``verb`` names it in the audit trail (``evaluation.<verb>``).
    """

    after: Evaluation
    verb: str
    before: StoredEvaluation | None = None
    reason: str = ""


def add_evaluation_change(
    transaction: Transaction,
    change: EvaluationChange,
    writer: Writer,
    *,
    unscored: bool = False,
    otherwise: stored_evaluations.Otherwise,
) -> StoredEvaluation:
    """Add everything that writing this version of an evaluation takes. Returns the evaluation as it will stand.

    The evaluation's own action fails when ``before`` is not what stands there (or, with ``unscored``, has scores).
    """
    evaluation, before, salt, actor = change.after, change.before, audit.new_salt(), writer.actor
    if before is None:
        stored_evaluations.add(transaction, evaluation, salt, otherwise=otherwise)
    else:
        stored_evaluations.update(
            transaction, before.evaluation, evaluation, salt, unscored=unscored, otherwise=otherwise
        )
    version = EvaluationVersion(
        evaluation=evaluation,
        before=EvaluationContent.of(before.evaluation) if before else None,
        actor=actor.subject,
        role=str(actor.role),
        at=clock.now(),
        reason=change.reason,
        person_id=actor.person_id,
        capacity=writer.capacity,
        section_teacher_id=writer.section_teacher_id,
    )
    evaluation_versions.add_version(transaction, version, salt)
    audit_trail.add_entry(
        transaction,
        actor=actor,
        verb=change.verb,
        before=(before.evaluation, before.salt) if before else None,
        after=(evaluation, salt),
        reason=change.reason,
        capacity=writer.capacity,
    )
    stale_marks.mark_section_stale(transaction, evaluation)
    if before and evaluation.standing_changes != before.evaluation.standing_changes:
        _tell_scores_again(transaction, evaluation)
    return StoredEvaluation(evaluation, salt, has_scores=before.has_scores if before else False)


def _tell_scores_again(transaction: Transaction, evaluation: Evaluation) -> None:
    """Whatever the number of its scores, and also where it has none: one may be recorded at this moment."""
    if evaluation.purpose is not EvaluationPurpose.FORMATIVE:
        pending_scores.add_pending_evaluation(transaction, evaluation)
