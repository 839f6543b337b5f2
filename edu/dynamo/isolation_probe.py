"""The isolation probe: calls into another school's partition that IAM must refuse, for ``edu.canary`` alone.

This is the one place in the product where ``AccessDeniedException`` is the expected answer. It cannot be used for
anything else: it works between two schools that nobody uses, on one fixed item, and says of each attempt how it ended
and nothing of what was there. Every other error is raised: expired credentials or a table that does not answer prove
nothing about isolation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from django.conf import settings

from edu.aws.scoped_clients import scoped_client
from edu.dynamo.errors import translated
from edu.dynamo.table import INDEX
from edu.errors import ConfigurationError
from edu.tenancy import current_school_id

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_DENIED = "AccessDeniedException"
_SK = "ISOLATION_CANARY"
_LIFETIME_S = 24 * 3600


class Ending(StrEnum):
    """How an attempt ended."""

    DENIED = "denied"
    DONE = "done"


class NotACanaryError(ConfigurationError):
    """Somebody tried this between schools that are not the platform's two canaries."""

    code = "not_a_canary"


def use_own(*, now_s: int) -> dict[str, Ending]:
    """What the school in scope does in its own partition: write, read and list one item.

    Raises:
        NotACanaryError: the school in scope is none of the canaries.
        StoreUnavailableError: the table does not answer.
    """
    return _try_all(_ordinary_calls(_partition(current_school_id()), now_s))


def try_to_reach(other: str, *, now_s: int) -> dict[str, Ending]:
    """Every kind of call into the partition of ``other``, signed for the school in scope.

    Raises:
        NotACanaryError: one of the two schools is none of the canaries, or they are the same.
        StoreUnavailableError: the table does not answer.
    """
    own_partition, partition = _partition(current_school_id()), _partition(other)
    if partition == own_partition:
        raise NotACanaryError
    return _try_all({**_ordinary_calls(partition, now_s), **_wider_calls(own_partition, partition, now_s)})


def _partition(school_id: str) -> str:
    if school_id not in settings.CANARY_SCHOOLS:
        raise NotACanaryError
    return f"SCHOOL#{school_id}"


Call = Callable[["DynamoDBClient"], object]


def _ordinary_calls(partition: str, now_s: int) -> Mapping[str, Call]:
    table, key, item = settings.TABLE_NAME, _key(partition), _item(partition, now_s)
    return {
        "PutItem": lambda db: db.put_item(TableName=table, Item=item),
        "GetItem": lambda db: db.get_item(TableName=table, Key=key),
        "Query": lambda db: db.query(
            TableName=table, KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": {"S": partition}}
        ),
        "Query of the index": lambda db: db.query(
            TableName=table,
            IndexName=INDEX,
            KeyConditionExpression="gsi1pk = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
        ),
        "TransactWriteItems": lambda db: db.transact_write_items(
            TransactItems=[{"Put": {"TableName": table, "Item": item}}]
        ),
    }


def _wider_calls(own: str, partition: str, now_s: int) -> Mapping[str, Call]:
    """Calls that name both schools at once, and those that name no key at all."""
    table, items = settings.TABLE_NAME, [_item(own, now_s), _item(partition, now_s)]
    statement = f"SELECT * FROM \"{table}\" WHERE pk = '{partition}'"  # noqa: S608 - two fixed ids, and it is refused
    return {
        "TransactWriteItems of both": lambda db: db.transact_write_items(
            TransactItems=[{"Put": {"TableName": table, "Item": item}} for item in items]
        ),
        "BatchGetItem of both": lambda db: db.batch_get_item(
            RequestItems={table: {"Keys": [_key(own), _key(partition)]}}
        ),
        "UpdateItem": lambda db: db.update_item(
            TableName=table,
            Key=_key(partition),
            UpdateExpression="SET entity = :entity",
            ExpressionAttributeValues={":entity": {"S": "isolation_canary"}},
        ),
        "Scan": lambda db: db.scan(TableName=table, Limit=1),
        "PartiQL": lambda db: db.execute_statement(Statement=statement, Limit=1),
    }


def _key(partition: str) -> dict[str, Any]:
    return {"pk": {"S": partition}, "sk": {"S": _SK}}


def _item(partition: str, now_s: int) -> dict[str, Any]:
    index = {"gsi1pk": {"S": partition}, "gsi1sk": {"S": _SK}}
    expiry = {"N": str(now_s + _LIFETIME_S)}
    return {**_key(partition), **index, "entity": {"S": "isolation_canary"}, "expires_at": expiry}


def _try_all(calls: Mapping[str, Call]) -> dict[str, Ending]:
    client = scoped_client("dynamodb")
    return {name: _ending(call, client) for name, call in calls.items()}


def _ending(call: Call, client: DynamoDBClient) -> Ending:
    with translated():
        try:
            call(client)
        except ClientError as error:
            if error.response["Error"]["Code"] != _DENIED:
                raise
            return Ending.DENIED
    return Ending.DONE
