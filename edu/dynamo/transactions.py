"""Writes that happen whole or not at all: ``TransactWriteItems``, put together action by action.

Each action may say what it means that its condition does not hold (``otherwise``), so that ``commit`` raises the error
of the use case and nobody has to look up which action it was. Where many actions are written together and the write
goes on without those that failed, they are named instead (``name``).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from django.conf import settings

from edu.aws.scoped_clients import scoped_client
from edu.deadlines import TooLateToSendError, sent_by
from edu.dynamo.boundaries import check_action
from edu.dynamo.errors import (
    ConditionFailedError,
    StoreError,
    StoreUnavailableError,
    TransactionConflictError,
    translated,
)
from edu.dynamo.mapping import Attributes, to_item
from edu.dynamo.retries import retried

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from edu.dynamo.keys import Key

Name = TypeVar("Name", bound=Hashable)

Otherwise = type[Exception] | Callable[[Attributes | None], Exception | None]
"""What it means that a condition did not hold: an error's class, or a function of the item found (``None``: none there)
that makes one, or returns ``None`` when this is not the reason after all."""

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


@dataclass(frozen=True)
class _Action:
    """One action in DynamoDB's wire form, what its failure means, and the name it goes by."""

    wire: Mapping[str, Any]
    otherwise: Otherwise | None
    name: Hashable

    def error(self, found: Attributes | None) -> Exception | None:
        """The named error of its failed condition, if it has one."""
        if self.otherwise is None:
            return None
        return self.otherwise() if isinstance(self.otherwise, type) else self.otherwise(found)


class Transaction:
    """Up to 100 actions on different items that are written together, or none.

    Each method takes ``otherwise``, what it means that the action's condition does not hold, and ``name``, by which
    ``ConditionFailedError.failed`` names the action where its failure has no error of its own.
    """

    def __init__(self) -> None:
        self._actions: list[_Action] = []
        self._partitions: set[str] = set()
        self._sent_by: datetime | None = None

    def send_by(self, latest: datetime) -> None:
        """Let no attempt be sent after an instant: it holds what says when it was made. Of several the first counts."""
        self._sent_by = min(latest, self._sent_by or latest)

    def put(
        self,
        item: Mapping[str, Any],
        condition: Condition = ALWAYS,
        *,
        otherwise: Otherwise | None = None,
        name: Hashable = None,
    ) -> None:
        """Write a whole item."""
        self._partitions.add(item["pk"])
        action = {"Item": to_item(item), **condition.arguments()}
        self._add("Put", action, condition, otherwise, name)

    def update(
        self,
        key: Key,
        expression: str,
        values: Mapping[str, Any],
        condition: Condition = ALWAYS,
        *,
        otherwise: Otherwise | None = None,
        name: Hashable = None,
    ) -> None:
        """Change some attributes by an update expression."""
        action = self._at(key) | {"UpdateExpression": expression, **condition.arguments(extra_values=values)}
        self._add("Update", action, condition, otherwise, name)

    def delete(
        self,
        key: Key,
        condition: Condition = ALWAYS,
        *,
        otherwise: Otherwise | None = None,
        name: Hashable = None,
    ) -> None:
        """Remove an item."""
        self._add("Delete", self._at(key) | condition.arguments(), condition, otherwise, name)

    def check(
        self, key: Key, condition: Condition, *, otherwise: Otherwise | None = None, name: Hashable = None
    ) -> None:
        """Require something of an item that is not written."""
        self._add("ConditionCheck", self._at(key) | condition.arguments(), condition, otherwise, name)

    def commit(self) -> None:
        """Write everything. Another transaction's hold on an item is waited for, a few times, with jitter.

        One request token covers all attempts, so an answer lost on the way cannot make the write happen twice.

        Raises:
            Exception: a condition did not hold, and its action's ``otherwise`` says what that means; of several the
                one that was added first. Its cause is the ``ConditionFailedError``. Nothing was written.
            ConditionFailedError: conditions did not hold and none of their actions has an error; nothing was written.
            TransactionConflictError: an item stayed in others' hands; nothing was written.
            StoreUnavailableError: the outcome is unknown; committing the same content again must be safe.
            ForeignPartitionError: an item's index key is outside the scope; nothing was sent.
            AccessDeniedError: a key is outside the scope; nothing was written.
            StoreError: no action or more than 100, or DynamoDB calls them malformed; nothing was written.
        """
        if not 1 <= len(self._actions) <= MAX_ACTIONS:
            raise StoreError(f"{len(self._actions)} actions in one transaction")
        for action in self._actions:
            check_action(action.wire)
        token = uuid.uuid4().hex
        try:
            retried(lambda: self._send(token), on=TransactionConflictError, attempts=_CONFLICT_ATTEMPTS)
        except ConditionFailedError as by_position:
            self._raise_meaning(by_position)

    def try_commit(self) -> bool:
        """Commit; ``False`` when a condition did not hold, and nothing was written. Else raises like ``commit``."""
        try:
            self.commit()
        except ConditionFailedError:
            return False
        return True

    def _send(self, token: str) -> None:
        actions: list[Any] = [action.wire for action in self._actions]
        try:
            with translated(*self._partitions), sent_by(self._sent_by):
                scoped_client("dynamodb").transact_write_items(TransactItems=actions, ClientRequestToken=token)
        except TooLateToSendError as error:
            raise StoreUnavailableError("too late to send") from error

    def _raise_meaning(self, by_position: ConditionFailedError) -> NoReturn:
        """Raise the first named error, or the failures under the actions' own names."""
        failed = [(self._actions[position], found) for position, found in by_position.failed.items()]
        named = ConditionFailedError({action.name: found for action, found in failed})
        named.__cause__ = by_position.__cause__
        for action, found in failed:
            if error := action.error(found):
                raise error from named
        raise named

    def _at(self, key: Key) -> dict[str, Any]:
        self._partitions.add(key.pk)
        return {"Key": to_item(key.as_attributes())}

    def _add(
        self, kind: str, action: dict[str, Any], condition: Condition, otherwise: Otherwise | None, name: Hashable
    ) -> None:
        action["TableName"] = settings.TABLE_NAME
        if condition.expression:
            action["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        self._actions.append(_Action({kind: action}, otherwise, len(self._actions) if name is None else name))


def commit_what_holds(
    names: Iterable[Name], add: Callable[[Transaction, Name], None], *, together: int = MAX_ACTIONS
) -> dict[Name, Attributes | None]:
    """Write one named action for each of ``names``, many at once, without those whose condition fails.

    ``add`` adds the action of a name, under that name. Transactions hold ``together`` of them; a failure stops none of
    the others.

    Returns:
        Those that failed, with the item found there.

    Raises:
        As ``Transaction.commit``, but for ``ConditionFailedError``; some transactions may be written then.
    """
    lost: dict[Name, Attributes | None] = {}
    every = list(names)
    for start in range(0, len(every), together):
        lost |= _commit_chunk(every[start : start + together], add)
    return lost


def _commit_chunk(names: Sequence[Name], add: Callable[[Transaction, Name], None]) -> dict[Name, Attributes | None]:
    lost: dict[Name, Attributes | None] = {}
    while remaining := [name for name in names if name not in lost]:
        transaction = Transaction()
        for name in remaining:
            add(transaction, name)
        try:
            transaction.commit()
        except ConditionFailedError as error:
            lost |= {name: error.failed[name] for name in remaining if name in error.failed}
        else:
            break
    return lost
