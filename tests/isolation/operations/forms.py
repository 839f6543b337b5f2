"""What a form of an operation is, and the forms of the operations on one item."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.isolation.operations.aims import OTHER, Aim

Arguments = dict[str, Any]


@dataclass(frozen=True)
class Touch:
    """What IAM is asked for one part of a call. ``keys``: the leading keys, ``None`` where AWS gives none."""

    action: str
    keys: tuple[str, ...] | None
    index: bool = False


@dataclass(frozen=True)
class Form:
    """One way to write a call. ``is_served`` is False for what DynamoDB refuses, and in any case must not serve."""

    operation: str
    name: str
    arguments: Callable[[Aim], Arguments]
    touches: Callable[[Aim], tuple[Touch, ...]]
    is_served: bool = True


HOLDS = "attribute_exists(pk) OR attribute_not_exists(pk)"
FAILS = "attribute_exists(pk) AND attribute_not_exists(pk)"
FAILS_SHOWING = {"ConditionExpression": FAILS, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
_NOTE = {"ExpressionAttributeNames": {"#n": "note"}, "ExpressionAttributeValues": {":n": {"S": "attacked"}}}
SET_NOTE = {"UpdateExpression": "SET #n = :n", **_NOTE}
FOREIGN_INDEX_KEY = {"S": f"SCHOOL#{OTHER}#STUDENT"}
_LEGACY_EXPECTED = {"Expected": {"nothing": {"Exists": False}}}
_LEGACY_UPDATES = {"AttributeUpdates": {"note": {"Action": "PUT", "Value": {"S": "attacked"}}}}

_GET: dict[str, Arguments] = {
    "plain": {},
    "consistent": {"ConsistentRead": True},
    "projection by alias": {"ProjectionExpression": "#s", "ExpressionAttributeNames": {"#s": "secret"}},
    "legacy AttributesToGet": {"AttributesToGet": ["secret"]},
}
_PUT: dict[str, Arguments] = {
    "plain": {},
    "condition holds": {"ConditionExpression": HOLDS},
    "condition fails, shows the item": FAILS_SHOWING,
    "legacy Expected": _LEGACY_EXPECTED,
    "returns the old item": {"ReturnValues": "ALL_OLD"},
}
_UPDATE: dict[str, Arguments] = {
    "expression": SET_NOTE,
    "condition holds": {**SET_NOTE, "ConditionExpression": HOLDS},
    "condition fails, shows the item": {**SET_NOTE, **FAILS_SHOWING},
    "returns the old item": {**SET_NOTE, "ReturnValues": "ALL_OLD"},
    "returns the new item": {**SET_NOTE, "ReturnValues": "ALL_NEW"},
    "legacy AttributeUpdates": _LEGACY_UPDATES,
    "legacy AttributeUpdates, Expected": {**_LEGACY_UPDATES, **_LEGACY_EXPECTED},
    "another's index key": {
        "UpdateExpression": "SET gsi1pk = :k",
        "ExpressionAttributeValues": {":k": FOREIGN_INDEX_KEY},
    },
}
_DELETE = {key: value for key, value in _PUT.items() if key != "plain"} | {"plain": {}}


def noted(key: Arguments) -> Arguments:
    """A whole item at ``key``."""
    return {**key, "note": {"S": "attacked"}}


def _single(operation: str, name: str, extra: Arguments, member: str = "Key") -> Form:
    def arguments(aim: Aim) -> Arguments:
        item = noted(aim.key()) if member == "Item" else aim.key()
        return {"TableName": aim.table, member: item, **extra}

    return Form(operation, name, arguments, lambda aim: (Touch(operation, (aim.at,)),))


def _by_arn(form: Form) -> Form:
    """The same with the table named by its ARN."""
    return Form(
        form.operation, "table by ARN", lambda aim: {**form.arguments(aim), "TableName": aim.table_arn}, form.touches
    )


def _with_index_key(aim: Aim) -> Arguments:
    return {"TableName": aim.table, "Item": {**aim.key(), "gsi1pk": FOREIGN_INDEX_KEY, "gsi1sk": {"S": "forged"}}}


FORMS = (
    *(_single("GetItem", name, extra) for name, extra in _GET.items()),
    _by_arn(_single("GetItem", "", {})),
    *(_single("PutItem", name, extra, "Item") for name, extra in _PUT.items()),
    _by_arn(_single("PutItem", "", {}, "Item")),
    Form("PutItem", "another's index key", _with_index_key, lambda aim: (Touch("PutItem", (aim.at,)),)),
    *(_single("UpdateItem", name, extra) for name, extra in _UPDATE.items()),
    _by_arn(_single("UpdateItem", "", SET_NOTE)),
    *(_single("DeleteItem", name, extra) for name, extra in _DELETE.items()),
    _by_arn(_single("DeleteItem", "", {})),
)
