"""What the audit trail says of an evaluation or a score."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu import audit
from edu.dynamo.mapping import to_attributes
from evaluations.domain.evaluation import Evaluation, Score
from evaluations.repository import stored_scores

if TYPE_CHECKING:
    from edu.dynamo.transactions import Transaction
    from edu.identity.principal import Principal


def subject_of(record: Evaluation | Score) -> str:
    """The record's name in the trail: ``evaluation:<id>`` or ``score:<evaluation>:<student>``."""
    if isinstance(record, Evaluation):
        return f"evaluation:{record.evaluation_id}"
    return f"score:{record.evaluation_id}:{record.student_id}"


def add_entry(
    transaction: Transaction,
    *,
    actor: Principal,
    verb: str,
    before: tuple[Evaluation | Score, str] | None,
    after: tuple[Evaluation | Score, str],
    reason: str = "",
) -> None:
    """Add the entry of a record that this transaction replaces, each version given with its salt."""
    record, salt = after
    subject = subject_of(record)
    audit.add_entry(
        transaction,
        actor=actor,
        action=f"{subject.partition(':')[0]}.{verb}",
        subject=subject,
        version=record.version,
        digests=(_digest(*before) if before else "", _digest(record, salt)),
        reason=reason,
    )


def add_deletion(
    transaction: Transaction, *, actor: Principal, record: Evaluation, salt: str, reason: str = ""
) -> None:
    """Add the entry of an evaluation that is no more: there is no digest after it."""
    audit.add_entry(
        transaction,
        actor=actor,
        action="evaluation.deleted",
        subject=subject_of(record),
        version=record.version,
        digests=(_digest(record, salt), ""),
        reason=reason,
    )


def _digest(record: Evaluation | Score, salt: str) -> str:
    attributes = stored_scores.score_attributes(record) if isinstance(record, Score) else to_attributes(record)
    return audit.digest_of(attributes, salt)
