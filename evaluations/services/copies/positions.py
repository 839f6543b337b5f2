"""How far a reader has come in the log of a school's changes, and the token that says so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edu import audit_log
from edu.dynamo import cursors

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from evaluations.domain.copies import CopiedKind


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Where a reader is in an import's plan: ``place`` is that of the import's entry in the log."""

    import_id: str
    place: str
    chunk: int = 0
    offset: int = 0


@dataclass(frozen=True, kw_only=True)
class Walk:
    """Where a reader is in the walk through the whole roster (``walking``) that goes before the log.

    ``told`` is the last name of the unit that has been told: no number, since records may go in between.
    """

    unit: str
    told: str = ""


@dataclass(frozen=True, kw_only=True)
class Position:
    """Everything of the log up to the place ``after`` has been told, but for what is left of a plan.

    ``walk`` is what is left of the whole roster, which is told first.
    ``within`` is the plan that is being told. ``waits_for`` is that of an import whose entry was passed while it was
    still being written; it is told once that has ended. One import of a school writes at a time, so there is one.
    """

    after: str
    within: Plan | None = None
    waits_for: Plan | None = None
    walk: Walk | None = None

    @classmethod
    def at(cls, instant: datetime, walk: Walk | None = None) -> Position:
        """Before everything of this instant."""
        return cls(after=audit_log.place_of(instant), walk=walk)

    @classmethod
    def of_token(cls, token: str, kinds: Iterable[CopiedKind]) -> Position:
        """The position of a token that was made for these kinds of records.

        Raises:
            InvalidCursorError: it was not, or is of another school.
        """
        key = cursors.open_cursor(token, query=_listing(kinds))
        walk = Walk(unit=key["walk"], told=key["walked"]) if "walk" in key else None
        return cls(after=key["after"], within=_plan(key, "within"), waits_for=_plan(key, "waits"), walk=walk)

    def token(self, kinds: Iterable[CopiedKind]) -> str:
        """The token of this position."""
        key = {"after": self.after, **_flat(self.within, "within"), **_flat(self.waits_for, "waits")}
        if self.walk:
            key |= {"walk": self.walk.unit, "walked": self.walk.told}
        return cursors.seal_cursor(key, query=_listing(kinds))

    @property
    def told_until(self) -> datetime:
        """The instant before which everything has been told."""
        return min(audit_log.instant_of(place) for place in self._places())

    def moved(self, after: str) -> Position:
        """Further on in the log, never back."""
        return replace(self, after=max(after, self.after))

    def _places(self) -> Iterable[str]:
        yield self.after
        for plan in (self.within, self.waits_for):
            if plan:
                yield plan.place


def _listing(kinds: Iterable[CopiedKind]) -> str:
    return f"changes|{','.join(sorted(kinds))}"


def _flat(plan: Plan | None, name: str) -> dict[str, str]:
    return {name: plan.import_id, f"{name}_at": plan.place, f"{name}_in": f"{plan.chunk}/{plan.offset}"} if plan else {}


def _plan(key: dict[str, str], name: str) -> Plan | None:
    if name not in key:
        return None
    chunk, _, offset = key[f"{name}_in"].partition("/")
    return Plan(import_id=key[name], place=key[f"{name}_at"], chunk=int(chunk), offset=int(offset))
