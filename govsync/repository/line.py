"""The line to the government, which all schools and workers share.

    PLATFORM#SYNC#LINE  LANE#1, LANE#2      whose the lane is, and a number that changes at each renewal
    PLATFORM#SYNC#LINE  UPSTREAM            whether the government may be called, and why not

The functions enter the platform's scope by themselves. All reads are strongly consistent, and every write of a lane or
of the state has a condition: what was seen is what stands. They raise what ``edu.dynamo`` raises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edu.dynamo import table
from edu.dynamo.keys import Key, joined, platform_partition
from edu.dynamo.mapping import from_attributes, to_attributes
from edu.dynamo.transactions import NOT_THERE, Condition, Transaction
from edu.jobs.repository import next_version
from edu.tenancy import enter_platform
from govsync.domain.lanes import LANES, LaneLease
from govsync.domain.line import Upstream

if TYPE_CHECKING:
    from edu.dynamo.mapping import Attributes

_LANE, _UPSTREAM = "LANE", "UPSTREAM"


def list_lanes() -> list[LaneLease]:
    """Both lanes; one that was never anybody's is free."""
    query = table.Query(_partition(), prefix=f"{_LANE}#", consistent=True)
    with enter_platform():
        found = [from_attributes(LaneLease, item) for item in table.query_all(query)]
    by_name = {lease.name: lease for lease in found}
    return [by_name.get(name, LaneLease(name)) for name in LANES]


def take_lane(seen: LaneLease, owner: str, *, beat: int) -> bool:
    """Make a lane ``owner``'s; ``False`` when it is not as it was seen any more."""
    condition = NOT_THERE
    if seen.beat:
        values = {":owner": seen.owner, ":beat": seen.beat}
        condition = Condition("#owner = :owner AND beat = :beat", values, {"#owner": "owner"})
    taken = LaneLease(seen.name, owner, beat)
    transaction = Transaction()
    transaction.put({**_lane_key(seen).as_attributes(), "entity": "sync_lane", **to_attributes(taken)}, condition)
    return _committed(transaction)


def renew_lane(lease: LaneLease, *, beat: int) -> bool:
    """Give an owner's lease a beat that it never had; ``False`` when the lane is another's by now. A wish stays."""
    return _update_lane(lease, "SET beat = :beat", {":beat": beat})


def give_lane(lease: LaneLease, *, beat: int) -> bool:
    """Let a lane go that is cool; ``False`` when it was another's already. Who wished for it may have it now."""
    return _update_lane(lease, "SET #owner = :nobody, beat = :beat", {":nobody": "", ":beat": beat})


def wish_for_lane(lease: LaneLease, worker: str) -> bool:
    """Ask a lane's owner for it; ``False`` when the lane changed hands."""
    return _update_lane(lease, "SET wished_by = :worker", {":worker": worker})


def find_upstream() -> Upstream:
    """How the line is; open, at version 0, as long as nobody has written it."""
    with enter_platform():
        found = table.get_item(_upstream_key())
    return from_attributes(Upstream, found) if found else Upstream()


def save_upstream(upstream: Upstream) -> bool:
    """Write the state's next version; ``False`` when another worker wrote it first."""
    transaction = Transaction()
    item = {**_upstream_key().as_attributes(), "entity": "sync_upstream", **to_attributes(upstream)}
    transaction.put(item, next_version(upstream.version))
    return _committed(transaction)


def _update_lane(lease: LaneLease, expression: str, values: Attributes) -> bool:
    """Change a lane as long as it is its owner's."""
    condition = Condition("#owner = :owner", {":owner": lease.owner}, {"#owner": "owner"})
    transaction = Transaction()
    transaction.update(_lane_key(lease), expression, values, condition)
    return _committed(transaction)


def _committed(transaction: Transaction) -> bool:
    with enter_platform():
        return transaction.try_commit()


def _partition() -> str:
    return platform_partition("SYNC", "LINE")


def _lane_key(lease: LaneLease) -> Key:
    return Key(_partition(), joined(_LANE, lease.name))


def _upstream_key() -> Key:
    return Key(_partition(), _UPSTREAM)
