"""Whether a term takes grades: the school's record says so, and a gate in each section enforces it.

    SCHOOL#<id>                    PROFILE     the school with its terms, and ``rules_version``, raised by each change
    SCHOOL#<id>#TERM_GATE#<term>   <section>   ``is_open``, the ``rules_version`` it was set under, the scale's digest
    SCHOOL#<id>#TERM_USED          <term>      something was recorded in the term: its scale stays

A write of a grade checks its section's gate in its own transaction, so that a closed term is closed for every process
at once, whatever it remembers of the rules. The gate is one item a section because transactions that check the same
item wait for each other: one gate for the whole school would make all its teachers queue. A missing gate lets nobody
through; it is added by who first needs it, in a transaction that requires the school's record to be what it was and
marks the term as used. A change of a term's scale requires in turn that there is no such mark, so that the scale behind
a gate never changes; the gate refuses who remembers an older one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from edu import audit
from edu.dynamo import table
from edu.dynamo.keys import Key, school_partition
from edu.dynamo.mapping import from_attributes, to_attributes
from edu.dynamo.transactions import NOT_THERE, Condition
from edu.errors import NotFoundError
from evaluations.domain.school import School
from evaluations.repository.roster import profile_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from edu.dynamo.transactions import Transaction
    from evaluations.domain.scales import GradingScale

_RULES_VERSION, _IS_OPEN, _SCALE_DIGEST = "rules_version", "is_open", "scale_digest"


@dataclass(frozen=True)
class Profile:
    """The school's record with what its item holds beside it. Records from before versions have version 0."""

    school: School
    rules_version: int
    salt: str


def find_profile() -> Profile | None:
    """The record of the school in scope, if there is one. Strongly consistent."""
    found = table.get_item(profile_key())
    if found is None:
        return None
    return Profile(from_attributes(School, found), found.get(_RULES_VERSION, 0), found.get(audit.SALT, ""))


def get_profile() -> Profile:
    """The record of the school in scope. Strongly consistent.

    Raises:
        NotFoundError: it has none yet.
    """
    found = find_profile()
    if found is None:
        raise NotFoundError
    return found


def put_profile(
    transaction: Transaction, after: Profile, before: Profile | None, *, otherwise: type[Exception]
) -> None:
    """Put the school's record in the place of ``before``; fails when another stands there."""
    item = {
        **profile_key().as_attributes(),
        "entity": "school",
        _RULES_VERSION: after.rules_version,
        audit.SALT: after.salt,
        **to_attributes(after.school),
    }
    transaction.put(item, _same_rules(before) if before else NOT_THERE, otherwise=otherwise)


def require_profile(transaction: Transaction, profile: Profile, *, otherwise: type[Exception]) -> None:
    """Require that ``profile`` is still the school's record."""
    transaction.check(profile_key(), _same_rules(profile), otherwise=otherwise)


def require_gate(
    transaction: Transaction,
    term_id: str,
    section_id: str,
    scale: GradingScale,
    *,
    is_open: bool,
    otherwise: Callable[[bool | None], Exception],
) -> None:
    """Require that the section takes grades of the term (or that it takes none), and on this scale.

    Gates from before scales were noted take any. ``otherwise`` makes the error of whether the gate that stands is open
    (``None``: there is none yet).
    """
    same_scale = f"(attribute_not_exists({_SCALE_DIGEST}) OR {_SCALE_DIGEST} = :scale)"
    values = {":open": is_open, ":scale": _digest_of(scale)}
    condition = Condition(f"{_IS_OPEN} = :open AND {same_scale}", values)
    transaction.check(
        _gate_key(term_id, section_id),
        condition,
        otherwise=lambda found: otherwise(None if found is None else found.get(_IS_OPEN) is True),
    )


def add_gate(
    transaction: Transaction,
    profile: Profile,
    term_id: str,
    section_id: str,
    *,
    is_open: bool,
    otherwise: type[Exception],
) -> None:
    """Add a section's missing gate, provided that ``profile`` is still the school's record.

    Fails with ``otherwise`` when it is not, and with ``ConditionFailedError`` when the gate is there by now.
    """
    require_profile(transaction, profile, otherwise=otherwise)
    mark_used(transaction, term_id)
    gate = {
        **_gate_key(term_id, section_id).as_attributes(),
        "entity": "term_gate",
        _IS_OPEN: is_open,
        _RULES_VERSION: profile.rules_version,
        _SCALE_DIGEST: _digest_of(profile.school.scale_in(term_id)),
    }
    transaction.put(gate, NOT_THERE)


def mark_used(transaction: Transaction, term_id: str) -> None:
    """Note that something is recorded in the term."""
    transaction.put({**_used_key(term_id).as_attributes(), "entity": "used_term"})


def is_marked_used(term_id: str) -> bool:
    """Whether the term is noted as used; terms from before there were marks are not. Strongly consistent."""
    return table.get_item(_used_key(term_id)) is not None


def require_unused(transaction: Transaction, term_id: str, *, otherwise: type[Exception]) -> None:
    """Require that the term is not noted as used."""
    transaction.check(_used_key(term_id), NOT_THERE, otherwise=otherwise)


def list_gates(term_id: str) -> list[str]:
    """The sections that have a gate for the term. Strongly consistent."""
    query = table.Query(school_partition("TERM_GATE", term_id), consistent=True)
    return [item["sk"] for item in table.query_all(query)]


def move_gate(transaction: Transaction, term_id: str, section_id: str, *, is_open: bool, rules_version: int) -> None:
    """Open or close a gate; fails when it was moved under later rules already."""
    values = {":open": is_open, ":rules_version": rules_version}
    not_later = Condition(f"{_RULES_VERSION} <= :rules_version")
    expression = f"SET {_IS_OPEN} = :open, {_RULES_VERSION} = :rules_version"
    transaction.update(_gate_key(term_id, section_id), expression, values, not_later)


def _same_rules(profile: Profile) -> Condition:
    if profile.rules_version == 0:
        return Condition(f"attribute_not_exists({_RULES_VERSION})")
    return Condition(f"{_RULES_VERSION} = :seen_version", {":seen_version": profile.rules_version})


@lru_cache(maxsize=256)
def _digest_of(scale: GradingScale) -> str:
    return audit.digest_of(to_attributes(scale), "")


def _used_key(term_id: str) -> Key:
    return Key(school_partition("TERM_USED"), term_id)


def _gate_key(term_id: str, section_id: str) -> Key:
    return Key(school_partition("TERM_GATE", term_id), section_id)
