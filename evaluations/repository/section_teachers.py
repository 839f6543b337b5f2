"""Who teaches a section beside its teacher, in the section's own item, which whoever judges a writer has at hand.

    SCHOOL#<id>#SECTION  <section>  ``others``, ``teachers_version``, and the salt of the audit trail's digests of them
    SCHOOL#<id>#TEACHER  <teacher>  ``was_assigned``, since an import last wrote the teacher

Imports of the roster write the item's other attributes and leave these alone (``roster_records``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edu import audit
from edu.dynamo import table
from edu.dynamo.keys import Key, school_partition
from edu.dynamo.mapping import from_attributes, to_attributes
from edu.dynamo.transactions import THERE, Condition
from edu.errors import NotFoundError
from evaluations.domain.school import Section

if TYPE_CHECKING:
    from collections.abc import Callable

    from edu.dynamo.mapping import Attributes
    from edu.dynamo.transactions import Otherwise, Transaction

OTHERS, TEACHERS_VERSION = "others", "teachers_version"
OWN = (OTHERS, TEACHERS_VERSION)
WAS_ASSIGNED = "was_assigned"


@dataclass(frozen=True)
class StaffedSection:
    """A section with the salt of the digests of who teaches it; empty where nobody changed that yet."""

    section: Section
    salt: str


def get_staffed(section_id: str) -> StaffedSection:
    """A section of the school in scope. Strongly consistent.

    Raises:
        NotFoundError: there is none of this id.
    """
    found = table.get_item(_key(section_id))
    if found is None:
        raise NotFoundError
    return StaffedSection(from_attributes(Section, found), found.get(audit.SALT, ""))


def put_others(
    transaction: Transaction,
    after: StaffedSection,
    before: Section,
    *,
    otherwise: Callable[[Section | None], Exception],
) -> None:
    """Write who teaches the section beside its teacher; fails when that is not what ``before`` says any more.

    ``otherwise`` makes the error of the section that stands (``None``: there is none any more).
    """
    others = [to_attributes(one) for one in after.section.assignments]
    values = {":others": others, ":version": after.section.teachers_version, ":salt": after.salt}
    expression = f"SET #others = :others, {TEACHERS_VERSION} = :version, {audit.SALT} = :salt"
    transaction.update(
        _key(before.section_id),
        expression,
        values,
        replace(_still(before), names={"#others": OTHERS}),  # a word of DynamoDB's own
        otherwise=lambda found: otherwise(from_attributes(Section, found) if found else None),
    )


def require_teachers(transaction: Transaction, section: Section, *, otherwise: Otherwise) -> None:
    """Require that the section's other teachers are still these."""
    transaction.check(_key(section.section_id), _still(section), otherwise=otherwise)


def mark_assigned(transaction: Transaction, teacher_id: str, *, otherwise: Otherwise) -> None:
    """Require that the school has this teacher, and note that somebody was assigned: who undoes an import sees it."""
    key = Key(school_partition("TEACHER"), teacher_id)
    transaction.update(key, f"SET {WAS_ASSIGNED} = :assigned", {":assigned": True}, THERE, otherwise=otherwise)


def teaching_of(section: Section) -> Attributes:
    """What of a section the digests are made of: its id and teacher, and who else teaches it."""
    said = to_attributes(section)
    return {"section_id": section.section_id, "teacher_id": section.teacher_id} | {
        name: said[name] for name in OWN if name in said
    }


def _still(section: Section) -> Condition:
    if section.teachers_version is None:
        return Condition(f"{THERE.expression} AND attribute_not_exists({TEACHERS_VERSION})")
    return Condition(f"{TEACHERS_VERSION} = :seen_version", {":seen_version": section.teachers_version})


def _key(section_id: str) -> Key:
    return Key(school_partition("SECTION"), section_id)
