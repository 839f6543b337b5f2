"""What IAM cannot say about a write: in whose partition of the *index* an item will stand.

``dynamodb:LeadingKeys`` holds the partition keys of the table for a write and nothing of the index's, so a policy lets
a school put an item of its own with another school's ``gsi1pk``, and that item then stands in the other school's
listings. So the adapter refuses to write one, and leaves one out should it read one (ADR 0009). ``pk`` is not looked
at here: IAM decides on it, and a check in front would keep its refusals from being seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from edu.errors import LibretaError
from edu.logs import get_logger
from edu.metrics import COUNT, embedded
from edu.tenancy import ScopeKind, current_scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_INDEX_KEY = "gsi1pk"
_log = get_logger(__name__)


class ForeignPartitionError(LibretaError):
    """An item would stand in another's partition of the index: a bug, never handled, always an alarm."""

    code = "foreign_partition"


def is_own(partition: object) -> bool:
    """Whether a partition key is one of the scope in force.

    A school's are ``SCHOOL#<id>`` and what continues it after ``#``; the lake's scope has none; which of the platform's
    are whose is IAM's to say.
    """
    scope = current_scope()
    if not isinstance(partition, str):
        return False
    if scope.kind is ScopeKind.TENANT:
        own = f"SCHOOL#{scope.school_id}"
        return partition == own or partition.startswith(f"{own}#")
    return scope.kind is not ScopeKind.LAKE and partition.startswith("PLATFORM#")


def is_schools_own(partition: str) -> bool:
    """Whether a school is in scope and this partition is its own."""
    return current_scope().kind is ScopeKind.TENANT and is_own(partition)


def check_item(item: Mapping[str, Any]) -> None:
    """Refuse an item of plain attributes that would stand in another's partition of the index.

    Raises:
        ForeignPartitionError: its ``gsi1pk`` is not of the scope in force.
    """
    if item.get(_INDEX_KEY) is not None and not is_own(item[_INDEX_KEY]):
        raise _refused()


def check_action(action: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse one action of a transaction, in DynamoDB's wire form, for the same reason.

    Raises:
        ForeignPartitionError: see ``check_item``; or an update moves its item in the index, which only a put may.
    """
    (detail,) = action.values()
    index_key = detail.get("Item", {}).get(_INDEX_KEY)
    if index_key is not None and not is_own(index_key.get("S")):
        raise _refused()
    named = (detail.get("UpdateExpression", ""), *detail.get("ExpressionAttributeNames", {}).values())
    if any(_INDEX_KEY in text for text in named):
        raise _refused()


def own_items(items: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The items of an index's answer that belong to the scope; the others are left out, and logged as an error.

    Left out and not raised, or whoever planted one item could stop a school's listings for good.
    """
    found = list(items)
    own = [item for item in found if is_own(item.get("pk"))]
    if len(own) < len(found):
        _log.critical("foreign item in an index", count=len(found) - len(own), **_alarm())
    return own


def _refused() -> ForeignPartitionError:
    _log.critical("foreign partition refused", **_alarm())
    return ForeignPartitionError(_INDEX_KEY)


def _alarm() -> dict[str, Any]:
    return embedded("AccessDenied", 1, COUNT, Partitions="index")
