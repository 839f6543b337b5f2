"""The IAM actions DynamoDB operations are checked as.

Stock ministack checks PartiQL as ``dynamodb:ExecuteStatement`` on every resource, and lets an ``Action`` in the query
string stand in for the operation that is really run. On AWS each statement is ``dynamodb:PartiQLSelect``, ``-Insert``,
``-Update`` or ``-Delete`` on its table, and the operation is the target header's.

Stock ministack also asks the policies once for each of a transaction's actions, although all are judged by the same
context, the partition keys of the whole request: up to a hundred times the same question, half of what a transaction
cost. Here each question is asked once.
"""

# ruff: noqa: SLF001 - ministack's own functions have private names

import json
from typing import Any

from deploy.emulator.extension import patching

_PARTIQL_ACTIONS = {
    "SELECT": "PartiQLSelect",
    "EXISTS": "PartiQLSelect",
    "INSERT": "PartiQLInsert",
    "UPDATE": "PartiQLUpdate",
    "DELETE": "PartiQLDelete",
}
_STATEMENT_LISTS = {
    "dynamodb:ExecuteStatement": None,
    "dynamodb:BatchExecuteStatement": "Statements",
    "dynamodb:ExecuteTransaction": "TransactStatements",
}
UNREADABLE = ("dynamodb:UnreadableStatement", "*")


def partiql_checks(iam_action: str, body: bytes, region: str, account_id: str) -> list[tuple[str, str]]:
    """The ``(action, resource)`` pairs a PartiQL request needs; empty for any other action.

    A statement that cannot be read asks for an action that only ``dynamodb:*`` on everything grants.
    """
    if iam_action not in _STATEMENT_LISTS:
        return []
    try:
        request = json.loads(body or b"{}")
        member = _STATEMENT_LISTS[iam_action]
        statements = [request] if member is None else request[member]
        checks = [_check(statement, region, account_id) for statement in statements]
    except (ValueError, KeyError, TypeError, AttributeError):
        return [UNREADABLE]
    return checks or [UNREADABLE]


def _check(statement: dict[str, Any], region: str, account_id: str) -> tuple[str, str]:
    parsed = patching.service("dynamodb")._parse_partiql(statement["Statement"], statement.get("Parameters"))
    inner = parsed["select"] if parsed["op"] == "EXISTS" else parsed
    arn = patching.core("iam_actions")._dynamodb_table_arn(inner["table"], region, account_id)
    index = inner.get("index")
    return f"dynamodb:{_PARTIQL_ACTIONS[parsed['op']]}", f"{arn}/index/{index}" if index else arn


def _transaction_checks(original: patching.AnyFunction) -> patching.AnyFunction:
    def dynamodb_transaction_checks(
        iam_action: str, body: bytes, region: str, account_id: str
    ) -> list[tuple[str, str]]:
        stock: list[tuple[str, str]] = original(iam_action, body, region, account_id)
        return list(dict.fromkeys(stock or partiql_checks(iam_action, body, region, account_id)))

    return dynamodb_transaction_checks


def _iam_action(original: patching.AnyFunction) -> patching.AnyFunction:
    def extract_iam_action(  # noqa: PLR0917 - ministack's signature
        service: str, method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any]
    ) -> str | None:
        target = headers.get("x-amz-target", "")
        if service == "dynamodb" and "." in target:
            return f"dynamodb:{target.rsplit('.', 1)[-1]}"
        action: str | None = original(service, method, path, headers, body, query_params)
        return action

    return extract_iam_action


def install() -> None:
    """Check DynamoDB requests as the actions they are."""
    actions = patching.core("iam_actions")
    patching.require(patching.service("dynamodb"), "_parse_partiql", "statement parameters")
    patching.require(actions, "_dynamodb_table_arn", "table region account_id")
    transaction = "iam_action body region account_id"
    patching.replace(actions, "dynamodb_transaction_checks", transaction, _transaction_checks)
    patching.replace(actions, "extract_iam_action", "service method path headers body query_params", _iam_action)
