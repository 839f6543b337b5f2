"""``dynamodb:LeadingKeys``: the partition key values a request names, for policies to compare.

AWS sets the key for operations on items and on queries, with every partition key of every table the request touches;
it is absent for Scan, PartiQL and table operations. A request whose keys cannot be read with certainty gets
``UNREADABLE``, which no pattern of our policies matches: it is denied, never allowed.
"""

# ruff: noqa: SLF001, ANN401 - ministack's own functions have private names; ministack's values have no types

import json
from collections.abc import Iterator, Mapping
from typing import Any

from deploy.emulator.extension import key_conditions, patching

CONTEXT_KEY = "dynamodb:LeadingKeys"
UNREADABLE = "\x00unreadable"
KEYED_ACTIONS = frozenset(
    f"dynamodb:{operation}"
    for operation in (
        "GetItem",
        "PutItem",
        "UpdateItem",
        "DeleteItem",
        "ConditionCheckItem",
        "BatchGetItem",
        "BatchWriteItem",
        "Query",
    )
)
_TRANSACTION_MEMBERS = {"Get": "Key", "Put": "Item", "Update": "Key", "Delete": "Key", "ConditionCheck": "Key"}


def leading_keys(body: bytes) -> list[str]:
    """The partition keys of a request body, in no particular order, without repetitions.

    Empty when the body has no form that names a key; ``UNREADABLE`` stands for what could not be read.
    """
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        return [UNREADABLE]
    if not isinstance(request, dict):
        return [UNREADABLE]
    return sorted(set(_all_keys(request)))


def _all_keys(request: Mapping[str, Any]) -> Iterator[str]:
    """Every form is read whatever the operation is: a member the operation ignores can only add a reason to deny."""
    for member in ("Key", "Item"):
        if member in request:
            yield _item_key(request.get("TableName"), request[member])
    if "KeyConditionExpression" in request or "KeyConditions" in request:
        yield _query_key(request)
    if "RequestItems" in request:
        yield from _batch_keys(request["RequestItems"])
    if "TransactItems" in request:
        yield from _transaction_keys(request["TransactItems"])


def _batch_keys(tables: Any) -> Iterator[str]:
    if not isinstance(tables, dict) or not tables:
        yield UNREADABLE
        return
    for table, requests in tables.items():
        if isinstance(requests, dict):
            keys = requests.get("Keys")
            items = keys if isinstance(keys, list) else [None]
        elif isinstance(requests, list):
            items = [item for request in requests for item in _write_items(request)]
        else:
            items = [None]
        yield from (_item_key(table, item) for item in items or [None])


def _write_items(request: Any) -> list[Any]:
    members = {"PutRequest": "Item", "DeleteRequest": "Key"}
    if not isinstance(request, dict) or not request or request.keys() - members.keys():
        return [None]
    return [value.get(members[name]) if isinstance(value, dict) else None for name, value in request.items()]


def _transaction_keys(items: Any) -> Iterator[str]:
    if not isinstance(items, list) or not items:
        yield UNREADABLE
        return
    for item in items:
        if not isinstance(item, dict) or not item or item.keys() - _TRANSACTION_MEMBERS.keys():
            yield UNREADABLE
            continue
        for name, detail in item.items():
            known = isinstance(detail, dict)
            yield _item_key(detail.get("TableName"), detail.get(_TRANSACTION_MEMBERS[name])) if known else UNREADABLE


def _item_key(table: Any, item: Any) -> str:
    key_name = _partition_key_name(table, None)
    return _as_text(item.get(key_name) if isinstance(item, dict) and key_name else None)


def _query_key(request: Mapping[str, Any]) -> str:
    key_name = _partition_key_name(request.get("TableName"), request.get("IndexName"))
    both = "KeyConditionExpression" in request and "KeyConditions" in request
    if key_name is None or both:
        return UNREADABLE
    read = key_conditions.from_expression if "KeyConditionExpression" in request else key_conditions.from_legacy
    return _as_text(read(request, key_name))


def _partition_key_name(table: Any, index: Any) -> str | None:
    """The one partition key attribute of a table, or of its index; None when there is no such table, index or key."""
    dynamodb = patching.service("dynamodb")
    if not isinstance(table, str):
        return None
    described = dynamodb._tables.get(dynamodb._normalize_table_name(table))
    if index is not None and described is not None:
        indexes = [*(described.get("GlobalSecondaryIndexes") or []), *(described.get("LocalSecondaryIndexes") or [])]
        described = next((found for found in indexes if found.get("IndexName") == index), None)
    schema = (described or {}).get("KeySchema") or []
    names: list[str] = [element["AttributeName"] for element in schema if element.get("KeyType") == "HASH"]
    return names[0] if len(names) == 1 else None


def _as_text(value: Any) -> str:
    """The text IAM compares: strings and numbers as they are, binary in base64."""
    if not isinstance(value, dict) or len(value) != 1:
        return UNREADABLE
    kind, content = next(iter(value.items()))
    return content if kind in ("S", "N", "B") and isinstance(content, str) else UNREADABLE


def _service_context(original: patching.AnyFunction) -> patching.AnyFunction:
    def dynamodb_service_context(body: bytes) -> dict[str, Any]:
        context: dict[str, Any] = original(body)
        keys = leading_keys(body)
        return {**context, CONTEXT_KEY: keys} if keys else context

    return dynamodb_service_context


def _enforce(original: patching.AnyFunction) -> patching.AnyFunction:
    def enforce(  # noqa: PLR0917 - ministack's signature
        access_key_id: str,
        iam_action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: dict[str, Any] | None = None,
    ) -> Any:
        context = dict(service_context or {})
        if service == "dynamodb":
            keys = context.pop(CONTEXT_KEY, None) or [UNREADABLE]
            if iam_action in KEYED_ACTIONS:
                context[CONTEXT_KEY] = keys
        return original(access_key_id, iam_action, service, region, resource_arn, context)

    return enforce


def install() -> None:
    """Have every request's partition keys in the context its policies are evaluated in."""
    dynamodb = patching.service("dynamodb")
    patching.require(dynamodb, "_normalize_table_name", "value")
    patching.require(dynamodb, "_tokenize", "expr")
    patching.require(dynamodb, "_key_condition_clauses", "tokens")
    patching.require(dynamodb, "_extract_pk_from_condition", "condition attr_values attr_names pk_name")
    patching.require(dynamodb, "_extract_key_val", "attr")
    patching.replace(patching.core("iam_actions"), "dynamodb_service_context", "body", _service_context)
    parameters = "access_key_id iam_action service region resource_arn service_context"
    patching.replace(patching.core("iam_evaluator"), "enforce", parameters, _enforce)
