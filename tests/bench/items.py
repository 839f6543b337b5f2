"""Our own transaction, learned from the table by looking before and after one write."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

RUN = "@RUN@"
_CHECKED = ("enrolment", "term_lock")  # what a write requires and does not change


def actions_template(root: Any, table: str, *, write: Callable[[], object]) -> str:
    """The transaction that ``write`` makes, as JSON in which ``@RUN@`` stands where a key must be fresh."""
    before = _items(root, table)
    write()
    after = _items(root, table)
    new = [item for key, item in after.items() if before.get(key) != item]
    puts = [
        {
            "TableName": table,
            "Item": {**_jsonable(item), "sk": {"S": f"{item['sk']['S']}-{RUN}"}},
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        for item in new
    ]
    school = next(item["pk"]["S"].split("#")[1] for item in new)
    checks = [_check(table, _one(after, entity, school)) for entity in _CHECKED]
    return json.dumps([*({"ConditionCheck": check} for check in checks), *({"Put": put} for put in puts)])


def run_actions(client: Any, template: str) -> None:
    """Send the template's transaction with fresh keys."""
    client.transact_write_items(TransactItems=json.loads(template.replace(RUN, uuid.uuid4().hex)))


def _items(root: Any, table: str) -> dict[tuple[str, str], dict[str, Any]]:
    pages = root.get_paginator("scan").paginate(TableName=table)
    return {(item["pk"]["S"], item["sk"]["S"]): item for page in pages for item in page["Items"]}


def _one(items: dict[tuple[str, str], dict[str, Any]], entity: str, school: str) -> dict[str, Any]:
    start = f"SCHOOL#{school}#"
    return next(i for (pk, _), i in items.items() if pk.startswith(start) and i["entity"]["S"] == entity)


def _check(table: str, item: dict[str, Any]) -> dict[str, Any]:
    key = {name: item[name] for name in ("pk", "sk")}
    return {"TableName": table, "Key": key, "ConditionExpression": "attribute_exists(pk)"}


def _jsonable(item: dict[str, Any]) -> dict[str, Any]:
    """Bytes as a string of like length: JSON has none, and what counts here is the size."""
    plain = {}
    for name, value in item.items():
        ((kind, content),) = value.items()
        plain[name] = {"S": "x" * len(content)} if kind == "B" else value
    return plain
