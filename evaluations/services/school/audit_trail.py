"""What the audit trail says of the school's own record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu import audit
from edu.dynamo.mapping import to_attributes

if TYPE_CHECKING:
    from edu.dynamo.transactions import Transaction
    from edu.identity.principal import Principal
    from evaluations.repository.school_profile import SchoolProfile


def add_import(
    transaction: Transaction, *, actor: Principal, before: SchoolProfile | None, after: SchoolProfile
) -> None:
    """Add the entry of the school's own record that an import puts in the place of ``before``."""
    audit.add_entry(
        transaction,
        actor=actor,
        action="school.imported",
        subject=f"school:{after.school.school_id}",
        version=after.rules_version,
        digests=(digest_of_profile(before) if before else "", digest_of_profile(after)),
    )


def digest_of_profile(profile: SchoolProfile) -> str:
    """The digest of the school's own record under its salt."""
    return audit.digest_of(to_attributes(profile.school), profile.salt)
