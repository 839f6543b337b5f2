"""The forms of Query: key conditions as people and tools write them, on the table and on the index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.isolation.operations.aims import SORT_KEY, Aim
from tests.isolation.operations.forms import Arguments, Form, Touch

if TYPE_CHECKING:
    from collections.abc import Callable

_INDEX = "gsi1"
# {p} is the partition key's name, {s} the sort key's
_EXPRESSIONS = {
    "plain": "{p} = :p",
    "with sort key": "{p} = :p AND {s} = :s",
    "sort key first": "{s} = :s AND {p} = :p",
    "sort key between": "{s} BETWEEN :s AND :s AND {p} = :p",
    "sort key prefix": "{p} = :p AND begins_with({s}, :s)",
    "aliased": "#p = :p",
    "aliased, both": "#s = :s AND #p = :p",
    "reversed": ":p = {p}",
    "reversed and aliased": ":p = #p",
    "parenthesised": "({p} = :p)",
    "parenthesised twice": "(({p} = :p) AND ({s} = :s))",
    "oddly spaced": "  {p} \t=\n :p  and   {s}=:s ",
    "without spaces": "{p}=:p",
}
# what DynamoDB refuses as no single partition
_IMPROPER = {
    "sort key alone": "{s} = :s",
    "two partitions": "{p} = :p AND {p} = :o",
    "two partitions, own first": "{p} = :o AND {p} = :p",
    "either partition": "{p} = :o OR {p} = :p",
    "partition prefix": "begins_with({p}, :p)",
    "partition between": "{p} BETWEEN :p AND :p",
    "partition at least": "{p} >= :p",
    "partition in a list": "{p} IN (:o, :p)",
    "not another partition": "NOT {p} = :o",
}
_EXTRAS: dict[str, Arguments] = {
    "filtered": {"FilterExpression": "attribute_exists(sk)"},
    "count only": {"Select": "COUNT"},
    "backwards, one": {"ScanIndexForward": False, "Limit": 1},
    "projection": {"ProjectionExpression": "secret"},
}


def _names(index: bool) -> tuple[str, str]:  # noqa: FBT001 - which of the two
    return ("gsi1pk", "gsi1sk") if index else ("pk", "sk")


def _call(aim: Aim, expression: str, *, index: bool, extra: Arguments) -> Arguments:
    partition, sort = _names(index)
    text = expression.format(p=partition, s=sort)
    values = {":p": {"S": aim.at}, ":s": {"S": SORT_KEY}, ":o": {"S": aim.own}}
    names = {"#p": partition, "#s": sort}
    call: Arguments = {
        "TableName": aim.table,
        "KeyConditionExpression": text,
        "ExpressionAttributeValues": {name: value for name, value in values.items() if name in text},
        **extra,
    }
    used = {alias: name for alias, name in names.items() if alias in text}
    return call | ({"ExpressionAttributeNames": used} if used else {}) | ({"IndexName": _INDEX} if index else {})


def _form(name: str, expression: str, *, index: bool, extra: Arguments | None = None) -> Form:
    label = f"index: {name}" if index else name
    return Form(
        "Query",
        label,
        lambda aim: _call(aim, expression, index=index, extra=extra or {}),
        lambda aim: (Touch("Query", (aim.at,), index),),
    )


def _improper(name: str, expression: str, *, index: bool) -> Form:
    label = f"index: {name}" if index else name
    return Form(
        "Query",
        label,
        lambda aim: _call(aim, expression, index=index, extra={}),
        lambda _aim: (Touch("Query", None, index),),
        is_served=False,
    )


def _legacy(*, index: bool) -> Callable[[Aim], Arguments]:
    def arguments(aim: Aim) -> Arguments:
        condition: Any = {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": aim.at}]}
        call = {"TableName": aim.table, "KeyConditions": {_names(index)[0]: condition}}
        return call | ({"IndexName": _INDEX} if index else {})

    return arguments


def _forged_start(aim: Aim) -> Arguments:
    """The own partition, going on from a position in the other."""
    call = _call(aim, "{p} = :o", index=False, extra={})
    return call | {"ExclusiveStartKey": aim.key()}


FORMS = (
    *(_form(name, text, index=index) for index in (False, True) for name, text in _EXPRESSIONS.items()),
    *(_form(name, "{p} = :p", index=index, extra=extra) for index in (False, True) for name, extra in _EXTRAS.items()),
    _form("consistent", "{p} = :p", index=False, extra={"ConsistentRead": True}),
    *(
        Form(
            "Query",
            "index: legacy KeyConditions" if index else "legacy KeyConditions",
            _legacy(index=index),
            lambda aim, index=index: (Touch("Query", (aim.at,), index),),  # type: ignore[misc]
        )
        for index in (False, True)
    ),
    *(_improper(name, text, index=index) for index in (False, True) for name, text in _IMPROPER.items()),
)
FORGED_START = Form("Query", "own, from another's position", _forged_start, lambda aim: (Touch("Query", (aim.own,)),))
