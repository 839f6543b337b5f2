"""What the audit trail says of an evaluation or a score."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu import audit
from edu.dynamo.mapping import to_attributes
from evaluations.domain.evaluation import Evaluation, Score

if TYPE_CHECKING:
    from edu.dynamo.transactions import Transaction
    from edu.identity.principal import Principal


def subject_of(record: Evaluation | Score) -> str:
    """The record's name in the trail: ``evaluation:<id>`` or ``score:<evaluation>:<student>``."""
    if isinstance(record, Evaluation):
        return f"evaluation:{record.evaluation_id}"
    return f"score:{record.evaluation_id}:{record.student_id}"


def add_new(transaction: Transaction, *, actor: Principal, verb: str, record: Evaluation | Score, salt: str) -> None:
    """Add the entry of a record that this transaction creates, e.g. ``score.recorded``."""
    subject = subject_of(record)
    audit.add_entry(
        transaction,
        actor=actor,
        action=f"{subject.partition(':')[0]}.{verb}",
        subject=subject,
        version=record.version,
        digests=("", audit.digest_of(to_attributes(record), salt)),
    )
