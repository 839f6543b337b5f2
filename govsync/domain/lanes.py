"""The two lanes of the line to the government: whose they are, and when another worker may have one. Pure.

The government takes two requests in any second. A lane carries one request at a time, and the next one ``COOLING_S``
after the answer to the last: two requests of a lane then arrive more than a second apart, whatever the network does and
whatever the clocks show, and with two lanes no second sees a third request. That holds as long as a lane has one owner:
a lease (``edu.jobs.leases``) is taken from an owner that vanished only when that has not sent for three seconds, which
is the second of the limit and two more for a request that was still on its way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edu.jobs.leases import TAKE_AFTER_S

if TYPE_CHECKING:
    from collections.abc import Sequence

LANES = ("1", "2")
COOLING_S = 1.05


@dataclass(frozen=True)
class LaneLease:
    """A lane as it stands in the table. No ``owner``: it is free, and cool.

    ``beat`` changes with every renewal. ``wished_by``: a worker without a lane asks the owner of both for this one; a
    free lane is then kept for it.
    """

    name: str
    owner: str = ""
    beat: int = 0
    wished_by: str = ""

    def may_be_taken(self, worker: str, unchanged_s: float) -> bool:
        """Whether ``worker`` may take it, having seen it as it is for ``unchanged_s``."""
        is_promised = bool(self.wished_by) and self.wished_by != worker
        return unchanged_s >= TAKE_AFTER_S or not (self.owner or is_promised)


@dataclass(frozen=True)
class LanePlan:
    """What a worker does with the lanes at a beat: those in ``give`` it renews until they are cool."""

    keep: tuple[LaneLease, ...] = ()
    give: tuple[LaneLease, ...] = ()
    take: tuple[LaneLease, ...] = ()
    wish: LaneLease | None = None


def plan_beat(worker: str, leases: Sequence[LaneLease], unchanged_s: Sequence[float], need: Need) -> LanePlan:
    """What a worker does, having seen these leases, each for so long as it is."""
    own = [lease for lease in leases if lease.owner == worker]
    if not need.wanted:
        return LanePlan(give=tuple(own))
    wished = [lease for lease in own if lease.wished_by not in {"", worker}] if len(own) == len(LANES) else []
    take = [
        lease
        for lease, since_s in zip(leases, unchanged_s, strict=True)
        if lease.owner != worker and lease.may_be_taken(worker, since_s)
    ]
    return LanePlan(
        keep=tuple(lease for lease in own if lease not in wished),
        give=tuple(wished),
        take=tuple(take),
        wish=_wish(leases) if need.urgent and not own and not take else None,
    )


@dataclass(frozen=True)
class Need:
    """``wanted``: the worker has something to send. ``urgent``: it has had for a while, and has no lane."""

    wanted: bool = False
    urgent: bool = False


def _wish(leases: Sequence[LaneLease]) -> LaneLease | None:
    """The lane to ask for: one of an owner of both, if nobody has asked yet."""
    one_owner = len({lease.owner for lease in leases}) == 1
    return leases[-1] if one_owner and not any(lease.wished_by for lease in leases) else None
