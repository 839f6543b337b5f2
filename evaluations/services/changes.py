"""The one way a score is written: with its history, its audit entry, its mark for the government, and the read models'.

First records, corrections, voids, section entry and imports all add their writes to a transaction here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edu import audit
from evaluations.domain.evaluation import Score
from evaluations.domain.revisions import Result, Revision
from evaluations.repository import grades, revisions, staleness
from evaluations.repository.revisions import StoredScore
from evaluations.services import trail

if TYPE_CHECKING:
    from edu.dynamo.transactions import Transaction
    from edu.identity.principal import Principal


ACTIONS_PER_SCORE = 5


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


def add_change(transaction: Transaction, change: ScoreChange, actor: Principal) -> int:
    """Add everything that writing this score takes: ``ACTIONS_PER_SCORE`` actions.

    Returns the position of the score's own, which fails when ``before`` is not what stands there.
    """
    score, salt = change.after, audit.new_salt()
    replaced = change.before.score if change.before else None
    position = revisions.put_score(transaction, StoredScore(score, salt, change.request), replaces=replaced)
    revision = Revision(
        score=score,
        before=Result.of(replaced) if replaced else None,
        actor=actor.subject,
        role=str(actor.role),
        reason=change.reason,
    )
    revisions.add_revision(transaction, revision, salt)
    grades.add_pending(transaction, score)
    trail.add_change(
        transaction,
        actor=actor,
        verb=change.verb,
        before=(change.before.score, change.before.salt) if change.before else None,
        after=(score, salt),
        reason=change.reason,
    )
    staleness.mark_stale(transaction, score)
    return position
