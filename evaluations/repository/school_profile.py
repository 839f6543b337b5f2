"""The school's own record: its scale and terms, and the version of these rules.

SCHOOL#<id>  PROFILE  the school with its terms, and ``rules_version``, raised by each change
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edu import audit
from edu.dynamo import table
from edu.dynamo.keys import Key, school_partition
from edu.dynamo.mapping import from_attributes, to_attributes
from edu.dynamo.transactions import NOT_THERE, Condition
from edu.errors import NotFoundError
from evaluations.domain.school import School

if TYPE_CHECKING:
    from edu.dynamo.transactions import Transaction

RULES_VERSION = "rules_version"


@dataclass(frozen=True)
class SchoolProfile:
    """The school's record with what its item holds beside it. Records from before versions have version 0."""

    school: School
    rules_version: int
    salt: str


def find_profile() -> SchoolProfile | None:
    """The record of the school in scope, if there is one. Strongly consistent."""
    found = table.get_item(_key())
    if found is None:
        return None
    return SchoolProfile(from_attributes(School, found), found.get(RULES_VERSION, 0), found.get(audit.SALT, ""))


def get_profile() -> SchoolProfile:
    """The record of the school in scope. Strongly consistent.

    Raises:
        NotFoundError: it has none yet.
    """
    found = find_profile()
    if found is None:
        raise NotFoundError
    return found


def get_school() -> School:
    """The school alone. Same errors and consistency as ``get_profile``."""
    return get_profile().school


def put_profile(
    transaction: Transaction, after: SchoolProfile, before: SchoolProfile | None, *, otherwise: type[Exception]
) -> None:
    """Put the school's record in the place of ``before``; fails when another stands there."""
    item = {
        **_key().as_attributes(),
        "entity": "school",
        RULES_VERSION: after.rules_version,
        audit.SALT: after.salt,
        **to_attributes(after.school),
    }
    transaction.put(item, _same_rules(before) if before else NOT_THERE, otherwise=otherwise)


def require_profile(transaction: Transaction, profile: SchoolProfile, *, otherwise: type[Exception]) -> None:
    """Require that ``profile`` is still the school's record."""
    transaction.check(_key(), _same_rules(profile), otherwise=otherwise)


def _same_rules(profile: SchoolProfile) -> Condition:
    if profile.rules_version == 0:
        return Condition(f"attribute_not_exists({RULES_VERSION})")
    return Condition(f"{RULES_VERSION} = :seen_version", {":seen_version": profile.rules_version})


def _key() -> Key:
    return Key(school_partition(), "PROFILE")
