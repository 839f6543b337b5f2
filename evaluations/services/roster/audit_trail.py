"""What the audit trail says of an import: an entry for each decision. What became of each record is its plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu import audit
from edu.dynamo.mapping import to_attributes
from evaluations.domain.roster_imports import ImportState

if TYPE_CHECKING:
    from edu.dynamo.transactions import Transaction
    from edu.identity.principal import Principal
    from evaluations.domain.roster_imports import RosterImport


def add_start(transaction: Transaction, *, actor: Principal, record: RosterImport) -> None:
    """Add the entry of an import that was committed, held or not."""
    audit.add_entry(
        transaction,
        actor=actor,
        action="roster.import_held" if record.state is ImportState.HELD else "roster.imported",
        subject=_subject(record),
        version=record.version,
        digests=("", digest_of_import(record)),
    )


def add_decision(
    transaction: Transaction, *, actor: Principal, before: RosterImport, after: RosterImport, reason: str
) -> None:
    """Add the entry of a person's decision about an import."""
    audit.add_entry(
        transaction,
        actor=actor,
        action="roster.import_discarded"
        if after.state is ImportState.DISCARDED
        else "roster.import_undone"
        if after.state is ImportState.UNDOING
        else "roster.import_approved",
        subject=_subject(after),
        version=after.version,
        digests=(digest_of_import(before), digest_of_import(after)),
        reason=reason,
    )


def digest_of_import(record: RosterImport) -> str:
    """The digest of an import's record under its salt; in it is the digest of every change."""
    return audit.digest_of(to_attributes(record), record.salt)


def _subject(record: RosterImport) -> str:
    return f"import:{record.import_id}"
