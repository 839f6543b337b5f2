"""Legal holds of a school: what must be kept whatever else the rules say, until the hold is released.

    SCHOOL#<id>#LEGAL_HOLD        <hold>
    SCHOOL#<id>#LEGAL_HOLD_LAST   LAST      which one was placed last: what is erased requires that none was meanwhile

A hold covers one student or all, and the lake's months from one to another, or all of them.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from edu import audit, clock
from edu.dynamo import table
from edu.dynamo.keys import Key, school_partition
from edu.dynamo.mapping import from_attributes, instant_text, to_attributes
from edu.dynamo.transactions import NOT_THERE, Condition, Transaction
from edu.erasure.errors import HoldNotFoundError, InvalidHoldError
from edu.erasure.parts import Obstacle

if TYPE_CHECKING:
    from edu.identity.principal import Principal

_MONTH = re.compile(r"20[0-9]{2}-(?:0[1-9]|1[0-2])", re.ASCII)
_REASON_CHARS = 500


@dataclass(frozen=True, kw_only=True)
class LegalHold:
    """What must be kept. ``student_id``: of this student alone (empty: of everybody).

    ``first`` and ``last``: the lake's months ``YYYY-MM`` that it covers, both included (empty: from the beginning, and
    to the end).
    """

    hold_id: str
    placed_at: datetime
    placed_by: str
    student_id: str = ""
    first: str = ""
    last: str = ""
    released_at: datetime | None = None

    @property
    def stands(self) -> bool:
        """Whether it was not released."""
        return self.released_at is None

    def covers_student(self, student_id: str) -> bool:
        """Whether it forbids to erase the student."""
        return self.stands and self.student_id in {"", student_id}

    def covers_month(self, month: str) -> bool:
        """Whether it forbids to remove the lake's month: what is one student's there cannot be told apart."""
        return self.stands and (not self.first or self.first <= month) and (not self.last or month <= self.last)


def place_hold(*, actor: Principal, reason: str, student_id: str = "", first: str = "", last: str = "") -> LegalHold:
    """Place a hold in the school in scope; it forbids erasing and purging what it covers from here on.

    Raises:
        InvalidHoldError: a month is none, the last is before the first, or the reason is missing or too long.
    """
    _check(reason, first, last)
    now = clock.now()
    hold = LegalHold(
        hold_id=f"hold-{secrets.token_hex(6)}",
        placed_at=now,
        placed_by=actor.subject,
        student_id=student_id,
        first=first,
        last=last,
    )
    transaction = Transaction()
    item = {**_key(hold.hold_id).as_attributes(), "entity": "legal_hold", **to_attributes(hold)}
    transaction.put(item, NOT_THERE)
    transaction.put({**_last_key().as_attributes(), "entity": "legal_hold_last", "hold_id": hold.hold_id})
    audit.add_entry(
        transaction,
        actor=actor,
        action="legal_hold.placed",
        subject=f"legal_hold:{hold.hold_id}",
        version=1,
        digests=("", ""),
        reason=reason,
    )
    transaction.commit()
    return hold


def release_hold(*, actor: Principal, hold_id: str, reason: str) -> LegalHold:
    """Release a hold. What was preserved for it may be removed from here on.

    Raises:
        HoldNotFoundError: no such hold stands.
        InvalidHoldError: there is no reason of at most 500 characters.
    """
    _check(reason, "", "")
    hold = get_hold(hold_id)
    if not hold.stands:
        raise HoldNotFoundError
    released = replace(hold, released_at=clock.now())
    transaction = Transaction()
    transaction.update(
        _key(hold_id),
        "SET released_at = :at",
        {":at": instant_text(released.released_at or clock.now())},
        Condition("attribute_exists(pk) AND attribute_not_exists(released_at)"),
        otherwise=HoldNotFoundError,
    )
    audit.add_entry(
        transaction,
        actor=actor,
        action="legal_hold.released",
        subject=f"legal_hold:{hold_id}",
        version=2,
        digests=("", ""),
        reason=reason,
    )
    transaction.commit()
    return released


def get_hold(hold_id: str) -> LegalHold:
    """A hold, released or not. Strongly consistent.

    Raises:
        HoldNotFoundError: there is none of this id.
    """
    found = table.get_item(_key(hold_id))
    if found is None:
        raise HoldNotFoundError
    return from_attributes(LegalHold, found)


def list_holds() -> list[LegalHold]:
    """Every hold of the school in scope, those released too, by id. Strongly consistent."""
    query = table.Query(school_partition("LEGAL_HOLD"), consistent=True)
    return [from_attributes(LegalHold, item) for item in table.query_all(query)]


def find_last() -> str:
    """The id of the hold that was placed last; empty where none ever was. Strongly consistent."""
    found = table.get_item(_last_key())
    return str(found["hold_id"]) if found else ""


def require_last(transaction: Transaction, hold_id: str, *, otherwise: type[Exception]) -> None:
    """Require that no hold was placed since this one (empty: none ever). ``otherwise`` on commit."""
    same = Condition("hold_id = :hold_id", {":hold_id": hold_id}) if hold_id else NOT_THERE
    transaction.check(_last_key(), same, otherwise=otherwise)


def find_obstacles(student_id: str) -> list[Obstacle]:
    """The holds that forbid to erase the student."""
    return [Obstacle("legal_hold", hold.hold_id) for hold in list_holds() if hold.covers_student(student_id)]


def _check(reason: str, first: str, last: str) -> None:
    if not reason.strip() or len(reason) > _REASON_CHARS or not reason.isprintable():
        raise InvalidHoldError("a reason of one line is needed")
    if any(month and not _MONTH.fullmatch(month) for month in (first, last)):
        raise InvalidHoldError("a month is written as 2026-11")
    if first and last and last < first:
        raise InvalidHoldError("the last month is before the first")


def _key(hold_id: str) -> Key:
    return Key(school_partition("LEGAL_HOLD"), hold_id)


def _last_key() -> Key:
    return Key(school_partition("LEGAL_HOLD_LAST"), "LAST")
