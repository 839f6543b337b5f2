"""Writes that happen whole or not at all: ``TransactWriteItems``, put together action by action."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.conf import settings

from edu.aws.scoped_clients import scoped_client
from edu.dynamo.boundaries import check_action
from edu.dynamo.errors import StoreError, TransactionConflictError, translated
from edu.dynamo.mapping import to_item
from edu.dynamo.retries import retried

if TYPE_CHECKING:
    from edu.dynamo.keys import Key

MAX_ACTIONS = 100
_CONFLICT_ATTEMPTS = 6


@dataclass(frozen=True)
class Condition:
    """A condition expression with its values, e.g. ``Condition("version = :v", {":v": 3})``."""

    expression: str
    values: Mapping[str, Any] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def arguments(self, extra_values: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The condition as arguments of one action, beside the update's own values."""
        values = {**(extra_values or {}), **self.values}
        arguments: dict[str, Any] = {"ConditionExpression": self.expression} if self.expression else {}
        if values:
            arguments["ExpressionAttributeValues"] = to_item(values)
        if self.names:
            arguments["ExpressionAttributeNames"] = dict(self.names)
        return arguments


ALWAYS = Condition("")
NOT_THERE = Condition("attribute_not_exists(pk)")
THERE = Condition("attribute_exists(pk)")


def version_is(version: int) -> Condition:
    """The item is there at exactly this version."""
    return Condition("version = :expected_version", {":expected_version": version})


class Transaction:
    """Up to 100 actions on different items that are written together, or none.

    Each method returns the action's position, by which ``ConditionFailedError.failed`` names it.
    """

    def __init__(self) -> None:
        self._actions: list[Any] = []
        self._partitions: set[str] = set()

    def put(self, item: Mapping[str, Any], condition: Condition = ALWAYS) -> int:
        """Write a whole item."""
        self._partitions.add(item["pk"])
        return self._add("Put", {"Item": to_item(item), **condition.arguments()}, condition)

    def update(self, key: Key, expression: str, values: Mapping[str, Any], condition: Condition = ALWAYS) -> int:
        """Change some attributes by an update expression."""
        arguments = condition.arguments(extra_values=values)
        return self._add("Update", self._at(key) | {"UpdateExpression": expression, **arguments}, condition)

    def delete(self, key: Key, condition: Condition = ALWAYS) -> int:
        """Remove an item."""
        return self._add("Delete", self._at(key) | condition.arguments(), condition)

    def check(self, key: Key, condition: Condition) -> int:
        """Require something of an item that is not written."""
        return self._add("ConditionCheck", self._at(key) | condition.arguments(), condition)

    def commit(self) -> None:
        """Write everything. Another transaction's hold on an item is waited for, a few times, with jitter.

        One request token covers all attempts, so an answer lost on the way cannot make the write happen twice.

        Raises:
            ConditionFailedError: a condition did not hold; nothing was written.
            TransactionConflictError: an item stayed in others' hands; nothing was written.
            StoreUnavailableError: the outcome is unknown; committing the same content again must be safe.
            ForeignPartitionError: an item's index key is outside the scope; nothing was sent.
            AccessDeniedError: a key is outside the scope; nothing was written.
            StoreError: no action or more than 100, or DynamoDB calls them malformed; nothing was written.
        """
        if not 1 <= len(self._actions) <= MAX_ACTIONS:
            raise StoreError(f"{len(self._actions)} actions in one transaction")
        for action in self._actions:
            check_action(action)
        token = uuid.uuid4().hex
        retried(lambda: self._send(token), on=TransactionConflictError, attempts=_CONFLICT_ATTEMPTS)

    def _send(self, token: str) -> None:
        with translated(*self._partitions):
            scoped_client("dynamodb").transact_write_items(TransactItems=self._actions, ClientRequestToken=token)

    def _at(self, key: Key) -> dict[str, Any]:
        self._partitions.add(key.pk)
        return {"Key": to_item(key.as_attributes())}

    def _add(self, kind: str, action: dict[str, Any], condition: Condition) -> int:
        action["TableName"] = settings.TABLE_NAME
        if condition.expression:
            action["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        self._actions.append({kind: action})
        return len(self._actions) - 1
