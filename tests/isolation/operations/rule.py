"""The rule in plain words, as a third opinion that knows neither the template nor IAM.

A tenant's own is ``SCHOOL#<id>`` and what continues it after ``#``; the platform's own are the list of schools, what is
due and the sync's line; the console's own are sessions and throttles, one item at a time. Services own nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.isolation.operations.forms import Touch
    from tests.isolation.policy.law import Caller

from tests.isolation.sections import ALLOWED, DENIED

_ONE_ITEM = frozenset({"GetItem", "PutItem", "UpdateItem", "DeleteItem"})
_ITEMS = _ONE_ITEM | {"BatchGetItem", "BatchWriteItem", "Query", "ConditionCheckItem"}
_PLATFORM = ("PLATFORM#SCHOOLS", "PLATFORM#JOBS", "PLATFORM#SYNC", "PLATFORM#EVENTS")
_CONSOLE = ("PLATFORM#SESSION#", "PLATFORM#THROTTLE#")


def belongs(caller: Caller, partition: str) -> bool:
    """Whether a partition is the caller's own."""
    if caller.name == "tenant" and caller.school_id:
        return _is_or_continues(partition, f"SCHOOL#{caller.school_id}")
    if caller.name == "platform":
        return any(_is_or_continues(partition, own) for own in _PLATFORM)
    return caller.name == "console" and partition.startswith(_CONSOLE)


def expected_of(caller: Caller, touches: Iterable[Touch]) -> str:
    """What has to come of a call: one part that is not the caller's own denies the whole."""
    return ALLOWED if all(_may(caller, touch) for touch in touches) else DENIED


def _may(caller: Caller, touch: Touch) -> bool:
    actions = _ONE_ITEM if caller.name == "console" else _ITEMS
    if touch.action not in actions or not touch.keys or (touch.index and caller.name == "console"):
        return False
    return all(belongs(caller, key) for key in touch.keys)


def _is_or_continues(partition: str, own: str) -> bool:
    return partition == own or partition.startswith(f"{own}#")
