"""What holds for every request until it is told otherwise: the government's habits and its bad days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from deploy.government.faults import REFUSE, Fault, read_fault
from deploy.government.listing import Listing


@dataclass(frozen=True)
class Period:
    """From an instant until another, of the government's clock; without one it is open on that side."""

    from_at: datetime | None = None
    to_at: datetime | None = None

    def covers(self, now: datetime) -> bool:
        """Whether the instant lies in it."""
        return (self.from_at is None or self.from_at <= now) and (self.to_at is None or now < self.to_at)


@dataclass(frozen=True)
class Conditions:
    """The standing switches.

    - ``honour_key``: a batch sent again is answered with its decision; without, it is decided on and applied again.
    - ``decide``: ``null``: at once; ``{"after_questions": n}``: after so many questions were answered with 202;
      ``{"after_s": s}``: so many seconds after it came; with both, whichever is first; ``{}``: never. Its grades are
      decided on as it comes; it is the telling that waits.
    - ``answer_time_s``: each answer takes so long.
    - ``clock_offset_s``: its clock (``Date``, periods, ``after_s``) is so much ahead of the machine's. Requests are
      timed without it.
    - ``keys``: which keys are good and when: ``{"key", "from_at"?, "to_at"?}``; ``null``: the one it was started with.
      ``key_status`` refuses all others.
    - ``outages``: faults (without ``times``) from ``from_at`` to ``to_at``, before anything else is looked at.
    - ``chances``: faults with a ``share`` of the requests; one is drawn, by ``seed``, where no scripted fault waits.
    - ``schema``: field of a grade -> the pattern of what it may be.
    - ``listing``: see ``Listing``.
    """

    honour_key: bool = True
    decide: Mapping[str, float] | None = None
    answer_time_s: float = 0.0
    clock_offset_s: float = 0.0
    keys: tuple[tuple[str, Period], ...] | None = None
    key_status: int = 401
    outages: tuple[tuple[Period, Fault], ...] = ()
    chances: tuple[Fault, ...] = ()
    seed: int = 0
    schema: Mapping[str, str] = field(default_factory=dict)
    listing: Listing = field(default_factory=Listing)

    def outage_at(self, now: datetime) -> Fault | None:
        """What is wrong with every request at this instant."""
        return next((fault for period, fault in self.outages if period.covers(now)), None)

    def refuses_at(self, now: datetime) -> bool:
        """Whether nobody can connect at this instant."""
        outage = self.outage_at(now)
        return outage is not None and outage.action == REFUSE

    def is_decided(self, *, questions: int, waited_s: float) -> bool:
        """Whether a batch that was asked about so often, and came so long ago, is decided on."""
        if self.decide is None:
            return True
        enough = self.decide.get("after_questions"), self.decide.get("after_s")
        return (enough[0] is not None and questions >= enough[0]) or (enough[1] is not None and waited_s >= enough[1])


def changed(conditions: Conditions, given: Mapping[str, Any]) -> Conditions:
    """The conditions with some of them told anew, each whole.

    Raises:
        ValueError, TypeError, KeyError, AttributeError: one is malformed or unknown.
    """
    read = dict(given)
    if read.get("keys") is not None:
        read["keys"] = tuple((each["key"], _period(each)) for each in read["keys"])
    if "outages" in read:
        read["outages"] = tuple((_period(each), read_fault(_without_period(each))) for each in read["outages"])
    if "chances" in read:
        read["chances"] = tuple(map(read_fault, read["chances"]))
    if "listing" in read:
        read["listing"] = Listing(**read["listing"])
    return replace(conditions, **read)


def _period(given: Mapping[str, Any]) -> Period:
    period = Period(*(_instant(given.get(name)) for name in ("from_at", "to_at")))
    if any(at is not None and at.tzinfo is None for at in (period.from_at, period.to_at)):
        raise ValueError("an instant without its zone")
    return period


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _without_period(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name not in {"from_at", "to_at"}}


def drawn(chances: Sequence[Fault], operation: str, draw: float) -> Fault | None:
    """The fault that a number of [0, 1) draws; each has its share of the requests of its operation."""
    reached = 0.0
    for fault in chances:
        if fault.on in {"any", operation}:
            reached += fault.share
            if draw < reached:
                return fault
    return None
