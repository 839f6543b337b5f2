"""What the audit trail says of an evaluation, a score, or who teaches a section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu import audit
from edu.dynamo.mapping import to_attributes
from evaluations.domain.evaluation import Evaluation, Score
from evaluations.repository import section_teachers, stored_scores

if TYPE_CHECKING:
    from edu.dynamo.transactions import Transaction
    from edu.identity.principal import Principal
    from evaluations.domain.teaching import Capacity
    from evaluations.repository.section_teachers import StaffedSection


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
    reason: str,
    capacity: Capacity | None,
) -> None:
    """Add the entry of a record that this transaction replaces, each version given with its salt.

    ``capacity``: as what the actor acted in the record's section.
    """
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
        capacity=capacity,
    )


def add_deletion(
    transaction: Transaction, *, actor: Principal, record: Evaluation, salt: str, reason: str, capacity: Capacity
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
        capacity=capacity,
    )


def add_teachers(
    transaction: Transaction, *, actor: Principal, verb: str, before: StaffedSection, after: StaffedSection, reason: str
) -> None:
    """Add the entry of a section that somebody was assigned to, or whose teaching there was ended."""
    audit.add_entry(
        transaction,
        actor=actor,
        action="section.teacher_assigned" if verb == "assigned" else "section.teacher_ended",
        subject=f"section:{after.section.section_id}",
        version=after.section.version_of_others,
        digests=(_digest_of_teachers(before) if before.salt else "", _digest_of_teachers(after)),
        reason=reason,
    )


def _digest_of_teachers(staffed: StaffedSection) -> str:
    return audit.digest_of(section_teachers.teaching_of(staffed.section), staffed.salt)


def _digest(record: Evaluation | Score, salt: str) -> str:
    attributes = stored_scores.score_attributes(record) if isinstance(record, Score) else to_attributes(record)
    return audit.digest_of(attributes, salt)
