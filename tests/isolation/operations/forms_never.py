"""Forms that no role of ours may use even on its own data: Scan and PartiQL name no leading key to IAM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.isolation.operations.aims import SORT_KEY, Aim
from tests.isolation.operations.forms import Arguments, Form, Touch

if TYPE_CHECKING:
    from collections.abc import Callable

_SCANS: dict[str, Callable[[Aim], Arguments]] = {
    "whole": lambda _aim: {},
    "filtered to one partition": lambda aim: {
        "FilterExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": {"S": aim.at}},
    },
    "legacy ScanFilter": lambda aim: {
        "ScanFilter": {"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": aim.at}]}}
    },
    "segment": lambda _aim: {"Segment": 0, "TotalSegments": 2},
    "count only": lambda _aim: {"Select": "COUNT"},
    "index": lambda _aim: {"IndexName": "gsi1"},
    "index, projection": lambda _aim: {"IndexName": "gsi1", "ProjectionExpression": "secret"},
    "from a position": lambda aim: {"ExclusiveStartKey": aim.key()},
    "with a key condition's values": lambda aim: {
        "FilterExpression": "begins_with(pk, :p)",
        "ExpressionAttributeValues": {":p": {"S": aim.at}},
    },
}
_STATEMENTS = {
    "select": ("PartiQLSelect", "SELECT * FROM \"{table}\" WHERE pk = '{at}' AND sk = '{sort}'"),
    "insert": ("PartiQLInsert", "INSERT INTO \"{table}\" VALUE {{'pk': '{at}', 'sk': 'inserted'}}"),
    "update": ("PartiQLUpdate", "UPDATE \"{table}\" SET note = 'attacked' WHERE pk = '{at}' AND sk = '{sort}'"),
    "delete": ("PartiQLDelete", "DELETE FROM \"{table}\" WHERE pk = '{at}' AND sk = '{sort}'"),
}
_MORE_SELECTS = {
    "select all": ("PartiQLSelect", 'SELECT * FROM "{table}"'),
    "select from the index": ("PartiQLSelect", 'SELECT * FROM "{table}"."gsi1" WHERE gsi1pk = \'{at}\''),
    "select either partition": ("PartiQLSelect", "SELECT * FROM \"{table}\" WHERE pk IN ['{own}', '{at}']"),
}


def _scan(name: str) -> Form:
    extra = _SCANS[name]
    index = name.startswith("index")
    return Form("Scan", name, lambda aim: {"TableName": aim.table, **extra(aim)}, lambda _aim: (_touch("Scan", index),))


def _touch(action: str, index: bool) -> Touch:  # noqa: FBT001 - whether on the index
    return Touch(action, None, index)


def _statement(text: str, aim: Aim) -> dict[str, str]:
    quoted = aim.at.replace("'", "''")
    return {"Statement": text.format(table=aim.table, at=quoted, own=aim.own, sort=SORT_KEY)}


def _partiql(operation: str, name: str, wrap: Callable[[dict[str, str]], Any]) -> Form:
    action, text = (_STATEMENTS | _MORE_SELECTS)[name]
    index = "index" in name
    return Form(operation, name, lambda aim: wrap(_statement(text, aim)), lambda _aim: (_touch(action, index),))


FORMS = (
    *(_scan(name) for name in _SCANS),
    *(_partiql("ExecuteStatement", name, lambda one: one) for name in (*_STATEMENTS, *_MORE_SELECTS)),
    *(_partiql("BatchExecuteStatement", name, lambda one: {"Statements": [one]}) for name in _STATEMENTS),
    *(_partiql("ExecuteTransaction", name, lambda one: {"TransactStatements": [one]}) for name in _STATEMENTS),
)
