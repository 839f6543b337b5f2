"""School A's credentials against school B's partition: the emulator's IAM decides, none of our code is in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from edu.aws.scoped_clients import scoped_client
from edu.tenancy import enter_school

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.cloud import Cloud

    Call = Callable[[Any, str, str], Any]


def _key(school_id: str, sort: str = "probe") -> dict[str, Any]:
    return {"pk": {"S": f"SCHOOL#{school_id}#STUDENT"}, "sk": {"S": sort}}


def _query(client: Any, table: str, school_id: str, **extra: Any) -> Any:
    return client.query(
        TableName=table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": _key(school_id)["pk"]},
        **extra,
    )


CALLS: dict[str, Call] = {
    "get": lambda c, t, s: c.get_item(TableName=t, Key=_key(s)),
    "query": _query,
    "query_index": lambda c, t, s: c.query(
        TableName=t,
        IndexName="gsi1",
        KeyConditionExpression="gsi1pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"SCHOOL#{s}#STUDENT_NAME"}},
    ),
    "put": lambda c, t, s: c.put_item(TableName=t, Item=_key(s)),
    "update": lambda c, t, s: c.update_item(
        TableName=t, Key=_key(s), UpdateExpression="SET n = :n", ExpressionAttributeValues={":n": {"N": "1"}}
    ),
    "batch_get": lambda c, t, s: c.batch_get_item(RequestItems={t: {"Keys": [_key(s)]}}),
    "batch_write": lambda c, t, s: c.batch_write_item(RequestItems={t: [{"PutRequest": {"Item": _key(s)}}]}),
    "transact_get": lambda c, t, s: c.transact_get_items(TransactItems=[{"Get": {"TableName": t, "Key": _key(s)}}]),
    "transact_write": lambda c, t, s: c.transact_write_items(
        TransactItems=[{"Put": {"TableName": t, "Item": _key(s)}}]
    ),
    "transact_check": lambda c, t, s: c.transact_write_items(
        TransactItems=[
            {"ConditionCheck": {"TableName": t, "Key": _key(s), "ConditionExpression": "attribute_exists(pk)"}}
        ]
    ),
    "delete": lambda c, t, s: c.delete_item(TableName=t, Key=_key(s)),
}
NEVER: dict[str, Call] = {
    "scan": lambda c, t, _s: c.scan(TableName=t),
    "scan_index": lambda c, t, _s: c.scan(TableName=t, IndexName="gsi1"),
    "partiql": lambda c, t, s: c.execute_statement(Statement=f"SELECT * FROM \"{t}\" WHERE pk = 'SCHOOL#{s}#STUDENT'"),
    "describe": lambda c, t, _s: c.describe_table(TableName=t),
    "delete_table": lambda c, t, _s: c.delete_table(TableName=t),
}


def _code(call: Callable[[], Any]) -> str:
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "allowed"


@pytest.fixture
def neighbours(cloud: Cloud, school_id: str, other_school_id: str) -> tuple[str, str, str]:
    """Two schools with an item each, put there by root; the second's id begins with the first's."""
    table = cloud.outputs["TableName"]
    for school in (school_id, other_school_id):
        cloud.root("dynamodb").put_item(TableName=table, Item=_key(school) | {"name": {"S": school}})
    return table, school_id, other_school_id


@pytest.mark.parametrize("name", CALLS)
def test_other_schools_partition_denied(name: str, neighbours: tuple[str, str, str], cloud: Cloud) -> None:
    table, own, other = neighbours
    with enter_school(own):
        assert _code(lambda: CALLS[name](scoped_client("dynamodb"), table, other)) == "AccessDeniedException"
    untouched = cloud.root("dynamodb").get_item(TableName=table, Key=_key(other))["Item"]
    assert untouched == _key(other) | {"name": {"S": other}}


@pytest.mark.parametrize("name", [name for name in CALLS if name != "transact_check"])
def test_own_partition_allowed(name: str, neighbours: tuple[str, str, str]) -> None:
    table, own, _ = neighbours
    with enter_school(own):
        assert _code(lambda: CALLS[name](scoped_client("dynamodb"), table, own)) == "allowed"


def test_own_condition_check_allowed(neighbours: tuple[str, str, str]) -> None:
    table, own, _ = neighbours
    with enter_school(own):
        assert _code(lambda: CALLS["transact_check"](scoped_client("dynamodb"), table, own)) == "allowed"


@pytest.mark.parametrize("name", NEVER)
def test_what_no_tenant_may_do_denied(name: str, neighbours: tuple[str, str, str]) -> None:
    table, own, _ = neighbours
    with enter_school(own):
        assert _code(lambda: NEVER[name](scoped_client("dynamodb"), table, own)) == "AccessDeniedException"


def test_batch_with_one_foreign_key_denied_whole(neighbours: tuple[str, str, str]) -> None:
    table, own, other = neighbours
    with enter_school(own):
        client = scoped_client("dynamodb")
        mixed: dict[str, Any] = {table: {"Keys": [_key(own), _key(other)]}}
        assert _code(lambda: client.batch_get_item(RequestItems=mixed)) == "AccessDeniedException"


@pytest.mark.parametrize("service", ["web", "worker", "operator"])
def test_services_own_credentials_denied(service: str, neighbours: tuple[str, str, str], cloud: Cloud) -> None:
    table, own, _ = neighbours
    client = boto3.Session(profile_name=service).client("dynamodb", endpoint_url=cloud.emulator.endpoint_url)
    for name, call in {**CALLS, **NEVER}.items():
        assert _code(lambda call=call: call(client, table, own)) == "AccessDeniedException", name  # type: ignore[misc]
