"""Whether a section takes grades of a term: a lock that each write of a grade looks at, in its own transaction.

    SCHOOL#<id>#TERM_LOCK#<term>  <section>  ``is_open``, the ``rules_version`` it was set under, the scale's digest
    SCHOOL#<id>#TERM_USED         <term>     something was recorded in the term: its scale stays

So a closed term is closed for every process at once, whatever it remembers of the school's rules. The lock is one item
a section because transactions that check the same item wait for each other: one lock for the whole school would make
all its teachers wait for one another. A missing lock lets nobody through; it is added by who first needs it, in a
transaction that requires the school's record to be what it was and marks the term as used. A change of a term's scale
requires in turn that there is no such mark, so that the scale behind a lock never changes; the lock refuses who
remembers an older one.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from edu import audit
from edu.dynamo import table
from edu.dynamo.keys import Key, school_partition
from edu.dynamo.mapping import to_attributes
from edu.dynamo.transactions import NOT_THERE, Condition
from evaluations.repository.school_profile import RULES_VERSION, require_profile

if TYPE_CHECKING:
    from collections.abc import Callable

    from edu.dynamo.transactions import Transaction
    from evaluations.domain.scales import GradingScale
    from evaluations.repository.school_profile import SchoolProfile

_IS_OPEN, _SCALE_DIGEST = "is_open", "scale_digest"


def require_lock(
    transaction: Transaction,
    term_id: str,
    section_id: str,
    scale: GradingScale,
    *,
    is_open: bool,
    otherwise: Callable[[bool | None], Exception],
) -> None:
    """Require that the section takes grades of the term (or that it takes none), and on this scale.

    Locks from before scales were noted take any. ``otherwise`` makes the error of whether the lock that stands is open
    (``None``: there is none yet).
    """
    same_scale = f"(attribute_not_exists({_SCALE_DIGEST}) OR {_SCALE_DIGEST} = :scale)"
    values = {":open": is_open, ":scale": _digest_of(scale)}
    condition = Condition(f"{_IS_OPEN} = :open AND {same_scale}", values)
    transaction.check(
        _key(term_id, section_id),
        condition,
        otherwise=lambda found: otherwise(None if found is None else found.get(_IS_OPEN) is True),
    )


def add_lock(
    transaction: Transaction,
    profile: SchoolProfile,
    term_id: str,
    section_id: str,
    *,
    is_open: bool,
    otherwise: type[Exception],
) -> None:
    """Add a section's missing lock, provided that ``profile`` is still the school's record.

    Fails with ``otherwise`` when it is not, and with ``ConditionFailedError`` when the lock is there by now.
    """
    require_profile(transaction, profile, otherwise=otherwise)
    mark_used(transaction, term_id)
    lock = {
        **_key(term_id, section_id).as_attributes(),
        "entity": "term_lock",
        _IS_OPEN: is_open,
        RULES_VERSION: profile.rules_version,
        _SCALE_DIGEST: _digest_of(profile.school.scale_in(term_id)),
    }
    transaction.put(lock, NOT_THERE)


def mark_used(transaction: Transaction, term_id: str) -> None:
    """Note that something is recorded in the term."""
    transaction.put({**_used_key(term_id).as_attributes(), "entity": "used_term"})


def is_marked_used(term_id: str) -> bool:
    """Whether the term is noted as used; terms from before there were marks are not. Strongly consistent."""
    return table.get_item(_used_key(term_id)) is not None


def require_unused(transaction: Transaction, term_id: str, *, otherwise: type[Exception]) -> None:
    """Require that the term is not noted as used."""
    transaction.check(_used_key(term_id), NOT_THERE, otherwise=otherwise)


def list_locks(term_id: str) -> list[str]:
    """The sections that have a lock for the term. Strongly consistent."""
    query = table.Query(school_partition("TERM_LOCK", term_id), consistent=True)
    return [item["sk"] for item in table.query_all(query)]


def set_lock(transaction: Transaction, term_id: str, section_id: str, *, is_open: bool, rules_version: int) -> None:
    """Open or close a lock; fails when it was moved under later rules already."""
    values = {":open": is_open, ":rules_version": rules_version}
    not_later = Condition(f"{RULES_VERSION} <= :rules_version")
    expression = f"SET {_IS_OPEN} = :open, {RULES_VERSION} = :rules_version"
    transaction.update(_key(term_id, section_id), expression, values, not_later)


def _used_key(term_id: str) -> Key:
    return Key(school_partition("TERM_USED"), term_id)


def _key(term_id: str, section_id: str) -> Key:
    return Key(school_partition("TERM_LOCK", term_id), section_id)


@lru_cache(maxsize=256)
def _digest_of(scale: GradingScale) -> str:
    return audit.digest_of(to_attributes(scale), "")
