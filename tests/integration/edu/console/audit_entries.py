"""Audit entries as services write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu import audit
from edu.dynamo.transactions import Transaction
from edu.identity.principal import Principal, Role
from edu.logs import start_correlation
from edu.tenancy import enter_school

if TYPE_CHECKING:
    from edu.audit import AuditEntry


def write_entries(school_id: str, count: int) -> list[AuditEntry]:
    """Write entries into this month's trail, one after the other, and return them in that order."""
    actor = Principal("somebody", Role.TEACHER, school_id, "teacher-1")
    start_correlation()
    with enter_school(school_id):
        return [_write(actor, f"evaluation:{school_id}-{number:03d}") for number in range(count)]


def _write(actor: Principal, subject: str) -> AuditEntry:
    transaction = Transaction()
    digests = ("", audit.digest_of({"subject": subject}, audit.new_salt()))
    entry = audit.add_entry(
        transaction, actor=actor, action="evaluation.created", subject=subject, version=1, digests=digests
    )
    transaction.commit()
    return entry
