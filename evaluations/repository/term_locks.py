"""Whether a section takes grades of a term: a lock that each write of a grade looks at, in its own transaction.

    SCHOOL#<id>#TERM_LOCK#<term>  <section>  ``is_open``, the ``rules_version`` it was set under, the scale's digest,
                                             the section's ``teachers_version``
    SCHOOL#<id>#TERM_USED         <term>     something was recorded in the term: its scale stays

So a closed term is closed for every process at once, whatever it remembers of the school's rules. The lock is one item
a section because transactions that check the same item wait for each other: one lock for the whole school would make
all its teachers wait for one another. A missing lock lets nobody through; it is added by who first needs it, in a
transaction that requires the school's record to be what it was and marks the term as used. A change of a term's scale
requires in turn that there is no such mark, so that the scale behind a lock never changes; the lock refuses who
remembers an older one.

Who may write is bound to the lock as well: each change of a section's other teachers moves all its locks on, in its own
transaction, and a write names the ``teachers_version`` by which its writer was let in. So who was ended as a substitute
writes nothing more in any process, for no action more in a score's transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from edu import audit
from edu.dynamo import table
from edu.dynamo.keys import Key, school_partition
from edu.dynamo.mapping import to_attributes
from edu.dynamo.transactions import NOT_THERE, THERE, Condition
from evaluations.repository.school_profile import RULES_VERSION, require_profile
from evaluations.repository.section_teachers import require_teachers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from edu.dynamo.mapping import Attributes
    from edu.dynamo.transactions import Transaction
    from evaluations.domain.scales import GradingScale
    from evaluations.domain.school import Section
    from evaluations.repository.school_profile import SchoolProfile

_IS_OPEN, _SCALE_DIGEST, _TEACHERS_VERSION = "is_open", "scale_digest", "teachers_version"


@dataclass(frozen=True)
class StandingLock:
    """A lock that stands: whether its section takes grades, and how often its other teachers were changed."""

    is_open: bool
    teachers_version: int | None


def require_lock(
    transaction: Transaction,
    term_id: str,
    section: Section,
    scale: GradingScale,
    *,
    is_open: bool,
    otherwise: Callable[[StandingLock | None], Exception],
) -> None:
    """Require that the section takes grades of the term (or none), on this scale, and has these other teachers.

    Locks from before scales were noted take any. ``otherwise`` makes the error of the lock that stands (``None``: there
    is none yet).
    """
    same_scale = f"(attribute_not_exists({_SCALE_DIGEST}) OR {_SCALE_DIGEST} = :scale)"
    values: dict[str, Any] = {":open": is_open, ":scale": _digest_of(scale)}
    same_teachers = f"attribute_not_exists({_TEACHERS_VERSION})"
    if section.teachers_version is not None:
        same_teachers = f"{_TEACHERS_VERSION} = :teachers"
        values[":teachers"] = section.teachers_version
    condition = Condition(f"{_IS_OPEN} = :open AND {same_scale} AND {same_teachers}", values)
    transaction.check(
        _key(term_id, section.section_id),
        condition,
        otherwise=lambda found: otherwise(_standing(found) if found else None),
    )


def add_lock(
    transaction: Transaction,
    profile: SchoolProfile,
    term_id: str,
    section: Section,
    *,
    is_open: bool,
    otherwise: type[Exception],
) -> None:
    """Add a section's missing lock, provided that ``profile`` and ``section`` are still what is recorded.

    Fails with ``otherwise`` when they are not, and with ``ConditionFailedError`` when the lock is there by now.
    """
    require_profile(transaction, profile, otherwise=otherwise)
    require_teachers(transaction, section, otherwise=otherwise)
    mark_used(transaction, term_id)
    lock = {
        **_key(term_id, section.section_id).as_attributes(),
        "entity": "term_lock",
        _IS_OPEN: is_open,
        RULES_VERSION: profile.rules_version,
        _SCALE_DIGEST: _digest_of(profile.school.scale_in(term_id)),
        _TEACHERS_VERSION: section.teachers_version,
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


def find_locked(section_id: str, term_ids: Iterable[str]) -> set[str]:
    """The terms, of those given, for which the section has a lock. Strongly consistent; one call for up to 100."""
    keys = {_key(term_id, section_id): term_id for term_id in term_ids}
    return {keys[Key(item["pk"], item["sk"])] for item in table.get_items(list(keys), consistent=True)}


def move_teachers(
    transaction: Transaction, section: Section, terms: Mapping[str, bool], *, otherwise: type[Exception]
) -> None:
    """Have the section's locks name its present ``teachers_version``; ``terms`` says for each whether there is one.

    Fails when a lock came between, which would name the version before.
    """
    for term_id, is_locked in terms.items():
        key = _key(term_id, section.section_id)
        if is_locked:
            values = {":teachers": section.teachers_version}
            transaction.update(key, f"SET {_TEACHERS_VERSION} = :teachers", values, THERE, otherwise=otherwise)
        else:
            transaction.check(key, NOT_THERE, otherwise=otherwise)


def set_lock(transaction: Transaction, term_id: str, section_id: str, *, is_open: bool, rules_version: int) -> None:
    """Open or close a lock; fails when it was moved under later rules already."""
    values = {":open": is_open, ":rules_version": rules_version}
    not_later = Condition(f"{RULES_VERSION} <= :rules_version")
    expression = f"SET {_IS_OPEN} = :open, {RULES_VERSION} = :rules_version"
    transaction.update(_key(term_id, section_id), expression, values, not_later)


def _standing(found: Attributes) -> StandingLock:
    return StandingLock(found.get(_IS_OPEN) is True, found.get(_TEACHERS_VERSION))


def _used_key(term_id: str) -> Key:
    return Key(school_partition("TERM_USED"), term_id)


def _key(term_id: str, section_id: str) -> Key:
    return Key(school_partition("TERM_LOCK", term_id), section_id)


@lru_cache(maxsize=256)
def _digest_of(scale: GradingScale) -> str:
    return audit.digest_of(to_attributes(scale), "")
