"""Which kinds of events a school does not use.

SCHOOL#<id>#BEHAVIOR_KINDS   SWITCHES   each such kind, and since when
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from behavior.domain.kinds import KindSwitches
from edu import audit
from edu.dynamo import table
from edu.dynamo.keys import Key, school_partition
from edu.dynamo.mapping import instant_text
from edu.dynamo.transactions import NOT_THERE, Condition, Transaction

if TYPE_CHECKING:
    from edu.dynamo.mapping import Attributes


def get_kind_switches() -> KindSwitches:
    """Which kinds the school does not use. Strongly consistent.

    Raises:
        StoreUnavailableError, AccessDeniedError: see ``edu.dynamo.errors``.
    """
    found = table.get_item(_switches_key())
    if found is None:
        return KindSwitches({})
    off = {kind: datetime.fromisoformat(since) for kind, since in found["off"].items()}
    return KindSwitches(off, int(found["version"]), found[audit.SALT])


def put_kind_switches(
    transaction: Transaction, before: KindSwitches, after: KindSwitches, *, otherwise: type[Exception]
) -> None:
    """Put the switches into the transaction in the place of those before, or fail with ``otherwise``."""
    still = Condition("version = :before", {":before": before.version}) if before.version else NOT_THERE
    transaction.put(
        _switches_key().as_attributes() | switches_record(after) | {"entity": "behavior_kinds", audit.SALT: after.salt},
        still,
        otherwise=otherwise,
    )


def switches_record(switches: KindSwitches) -> Attributes:
    """The switches as they are stored and digested."""
    off = {kind: instant_text(since) for kind, since in switches.off.items()}
    return {"off": off, "version": switches.version}


def _switches_key() -> Key:
    return Key(school_partition("BEHAVIOR_KINDS"), "SWITCHES")
