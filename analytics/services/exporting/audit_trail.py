"""What the audit trail says of an export: its order and its end, each link that was given out, its erasure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu import audit
from edu.dynamo.mapping import to_attributes

if TYPE_CHECKING:
    from analytics.domain.exports import SchoolExport
    from edu.dynamo.transactions import Transaction
    from edu.identity.principal import Principal


def add_order(transaction: Transaction, *, actor: Principal, export: SchoolExport) -> None:
    """Add the entry of an order."""
    digests = ("", digest_of_export(export))
    audit.add_entry(
        transaction, actor=actor, action="export.ordered", subject=_subject(export), version=1, digests=digests
    )


def add_end(transaction: Transaction, *, actor: Principal, before: SchoolExport, after: SchoolExport) -> None:
    """Add the entry of an export that was made, or will not be."""
    audit.add_entry(
        transaction,
        actor=actor,
        action="export.failed" if after.error_code else "export.finished",
        subject=_subject(after),
        version=after.version,
        digests=(digest_of_export(before), digest_of_export(after)),
    )


def add_link(transaction: Transaction, *, actor: Principal, export: SchoolExport) -> None:
    """Add the entry of a link that was given out."""
    audit.add_entry(
        transaction,
        actor=actor,
        action="export.link_given",
        subject=_subject(export),
        version=export.version,
        digests=("", digest_of_export(export)),
    )


def add_erasure(transaction: Transaction, *, actor: Principal, before: SchoolExport, after: SchoolExport) -> None:
    """Add the entry of an export whose zip was taken away."""
    audit.add_entry(
        transaction,
        actor=actor,
        action="export.erased",
        subject=_subject(after),
        version=after.version,
        digests=(digest_of_export(before), digest_of_export(after)),
    )


def digest_of_export(export: SchoolExport) -> str:
    """The digest of an export's record under its salt; in it is the digest of its zip."""
    return audit.digest_of(to_attributes(export), export.salt)


def _subject(export: SchoolExport) -> str:
    return f"export:{export.export_id}"
