"""A key of each student's own, without which nothing in the lake leads to them.

    SCHOOL#<id>#STUDENT#<student>   LAKE_KEY

A key is made when it is first needed, and destroyed by an erasure: a tombstone without a key then stands in its place
for good, so that no new one is made. A process remembers what it read for five minutes: so long after an erasure
another process may still know the key.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from edu.dynamo import table
from edu.dynamo.keys import Key, school_partition
from edu.dynamo.mapping import instant_text
from edu.dynamo.transactions import NOT_THERE, Transaction, commit_what_holds
from edu.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from edu.dynamo.mapping import Attributes

ERASED: Final = b""
"""What stands for the key of an erased student."""

_ENTITY, _SORT_KEY, _KEY = "lake_key", "LAKE_KEY", "lake_key"
_BYTES = 32
_MOST_REMEMBERED = 20_000  # four times the students of 50 schools; some hundred bytes each
_memory = Memory(_MOST_REMEMBERED)


def keys_of(student_ids: Iterable[str]) -> dict[str, bytes]:
    """The keys of these students of the school in scope, ``ERASED`` for those that were erased.

    What this process does not remember takes a read for each 100 students, and what does not exist yet is made, one
    more call for each 100. Two processes that make a key at once both get the one that stands.

    Raises:
        NoScopeError: outside a school's scope.
        StoreUnavailableError: the table does not answer.
        AccessDeniedError: see ``edu.dynamo.errors``.
    """
    wanted = list(dict.fromkeys(student_ids))
    keys = standing_keys_of(wanted)
    missing = [student_id for student_id in wanted if student_id not in keys]
    if missing:
        made = _make(missing)
        _memory.remember(made)
        keys |= made
    return keys


def standing_keys_of(student_ids: Iterable[str]) -> dict[str, bytes]:
    """The same, of the students that have one already. Raises like ``keys_of``."""
    wanted = list(dict.fromkeys(student_ids))
    keys: dict[str, bytes] = _memory.recalled(wanted)
    unknown = [student_id for student_id in wanted if student_id not in keys]
    if unknown:
        found = _read(unknown)
        _memory.remember(found)
        keys |= found
    return keys


def add_destruction(transaction: Transaction, student_id: str, *, at: datetime) -> None:
    """Put a tombstone in the place of the student's key, whatever stands there. ``forget_key`` once it is written."""
    tombstone = {"entity": _ENTITY, "student_id": student_id, "erased_at": instant_text(at)}
    transaction.put(_place(student_id).as_attributes() | tombstone)


def destroy_key(student_id: str, *, at: datetime) -> None:
    """Put a tombstone in the place of the student's key, whether there is one or not. Idempotent: the first stays.

    This process forgets the key at once, another within five minutes (``edu.memory.SECONDS``). Raises like ``keys_of``.
    """
    if not is_destroyed(student_id):
        transaction = Transaction()
        add_destruction(transaction, student_id, at=at)
        transaction.commit()
    forget_key(student_id)


def forget_key(student_id: str) -> None:
    """Let this process know nothing of the student's key any more."""
    _memory.forget(student_id)


def is_destroyed(student_id: str) -> bool:
    """Whether a tombstone stands in the place of the student's key. Strongly consistent."""
    found = table.get_item(_place(student_id))
    return found is not None and _KEY not in found


def forget_keys() -> None:
    """Let this process remember no key any more."""
    _memory.forget_everything()


def _read(student_ids: Collection[str]) -> dict[str, bytes]:
    found = table.get_items([_place(student_id) for student_id in student_ids], consistent=True)
    return {item["student_id"]: _key_of(item) for item in found}


def _make(student_ids: Collection[str]) -> dict[str, bytes]:
    made = {student_id: secrets.token_bytes(_BYTES) for student_id in student_ids}

    def add(transaction: Transaction, student_id: str) -> None:
        item = {"entity": _ENTITY, "student_id": student_id, _KEY: made[student_id].hex()}
        transaction.put(_place(student_id).as_attributes() | item, NOT_THERE, name=student_id)

    others = commit_what_holds(student_ids, add)
    return made | {student_id: _key_of(item) for student_id, item in others.items() if item}


def _key_of(item: Attributes) -> bytes:
    return bytes.fromhex(item[_KEY]) if _KEY in item else ERASED


def _place(student_id: str) -> Key:
    return Key(school_partition("STUDENT", student_id), _SORT_KEY)
