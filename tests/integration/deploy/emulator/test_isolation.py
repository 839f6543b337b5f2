"""``dynamodb:LeadingKeys`` over HTTP: a school's session against its own and other partitions, in every form."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
import urllib3
from botocore.exceptions import ClientError

from tests.integration.deploy.emulator.cloud import TABLE, Cloud, key, tags

if TYPE_CHECKING:
    from collections.abc import Callable

    Call = Callable[[Any, str], Any]

OWN, OTHER, LOOKALIKE = "iso-1", "iso-2", "iso-11"


def query(expression: str, value: str, index: str | None = None, **names: str) -> dict[str, Any]:
    """The arguments of a Query with one value, ``:p``."""
    aliases = {"ExpressionAttributeNames": {f"#{name}": real for name, real in names.items()}} if names else {}
    values = {":p": {"S": value}} | ({":s": {"S": "a"}} if ":s" in expression else {})
    asked = {"TableName": TABLE, "KeyConditionExpression": expression, "ExpressionAttributeValues": values}
    return asked | aliases | ({"IndexName": index} if index else {})


def transact(client: Any, *items: dict[str, Any]) -> Any:
    return client.transact_write_items(
        TransactItems=[{kind: {"TableName": TABLE, **detail} for kind, detail in item.items()} for item in items]
    )


UPDATE = {"UpdateExpression": "SET note = :n", "ExpressionAttributeValues": {":n": {"S": "x"}}}
CHECK = {"ConditionExpression": "attribute_not_exists(nothing)"}

# Each takes a client and the school whose partition it touches.
CALLS: dict[str, Call] = {
    "get": lambda c, s: c.get_item(TableName=TABLE, Key=key(s)),
    "get-sub-partition": lambda c, s: c.get_item(TableName=TABLE, Key=key(s, "#GRADES")),
    "get-by-table-arn": lambda c, s: c.get_item(
        TableName=f"arn:aws:dynamodb:us-east-1:000000000000:table/{TABLE}", Key=key(s)
    ),
    "put": lambda c, s: c.put_item(TableName=TABLE, Item=key(s)),
    "update": lambda c, s: c.update_item(TableName=TABLE, Key=key(s), **UPDATE),
    "delete": lambda c, s: c.delete_item(TableName=TABLE, Key=key(s, "#GONE")),
    "batch-get": lambda c, s: c.batch_get_item(RequestItems={TABLE: {"Keys": [key(OWN, "#B"), key(s)]}}),
    "batch-put": lambda c, s: c.batch_write_item(
        RequestItems={TABLE: [{"PutRequest": {"Item": key(OWN, "#B")}}, {"PutRequest": {"Item": key(s)}}]}
    ),
    "batch-delete": lambda c, s: c.batch_write_item(
        RequestItems={TABLE: [{"PutRequest": {"Item": key(OWN, "#B")}}, {"DeleteRequest": {"Key": key(s, "#GONE")}}]}
    ),
    "transact-get": lambda c, s: c.transact_get_items(
        TransactItems=[{"Get": {"TableName": TABLE, "Key": k}} for k in (key(OWN, "#B"), key(s))]
    ),
    "transact-put": lambda c, s: transact(c, {"Put": {"Item": key(OWN, "#B")}}, {"Put": {"Item": key(s)}}),
    "transact-update": lambda c, s: transact(
        c, {"Put": {"Item": key(OWN, "#B")}}, {"Update": {"Key": key(s), **UPDATE}}
    ),
    "transact-delete": lambda c, s: transact(
        c, {"Put": {"Item": key(OWN, "#B")}}, {"Delete": {"Key": key(s, "#GONE")}}
    ),
    "transact-condition-check": lambda c, s: transact(
        c, {"Put": {"Item": key(OWN, "#B")}}, {"ConditionCheck": {"Key": key(s), **CHECK}}
    ),
    "query": lambda c, s: c.query(**query("pk = :p", f"SCHOOL#{s}")),
    "query-with-sort-key": lambda c, s: c.query(**query("pk = :p AND begins_with(sk, :s)", f"SCHOOL#{s}")),
    "query-sort-key-first": lambda c, s: c.query(**query("sk BETWEEN :s AND :s AND pk = :p", f"SCHOOL#{s}")),
    "query-aliased": lambda c, s: c.query(**query("#k = :p", f"SCHOOL#{s}", k="pk")),
    "query-reversed": lambda c, s: c.query(**query(":p = pk", f"SCHOOL#{s}")),
    "query-parenthesised": lambda c, s: c.query(**query("(pk = :p) AND (sk = :s)", f"SCHOOL#{s}")),
    "query-spaced": lambda c, s: c.query(**query("  pk \t=\n :p   and   sk=:s ", f"SCHOOL#{s}")),
    "query-index": lambda c, s: c.query(**query("gsi1pk = :p", f"SCHOOL#{s}#X", "gsi1")),
    "query-index-aliased": lambda c, s: c.query(**query(":p=#k", f"SCHOOL#{s}#X", "gsi1", k="gsi1pk")),
    "query-legacy": lambda c, s: c.query(
        TableName=TABLE,
        KeyConditions={"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": f"SCHOOL#{s}"}]}},
    ),
}


@pytest.fixture(scope="module")
def tenant(emulated: Cloud) -> Any:
    for school in (OWN, OTHER, LOOKALIKE):
        emulated.put(school, "a")
    return emulated.tenant("dynamodb", OWN)


@pytest.mark.parametrize("name", CALLS)
def test_item_operation_on_own_school_is_allowed(tenant: Any, name: str) -> None:
    answer = CALLS[name](tenant, OWN)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize("school", [OTHER, LOOKALIKE, OWN.upper(), OWN[:-1]])
@pytest.mark.parametrize("name", CALLS)
def test_item_operation_on_other_school_is_denied(tenant: Any, name: str, school: str) -> None:
    with pytest.raises(ClientError) as refused:
        CALLS[name](tenant, school)
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"


KEYLESS: dict[str, Callable[[Any], Any]] = {
    "scan": lambda c: c.scan(TableName=TABLE),
    "describe-table": lambda c: c.describe_table(TableName=TABLE),
    "partiql-select-own": lambda c: c.execute_statement(Statement=f"SELECT * FROM \"{TABLE}\" WHERE pk='SCHOOL#{OWN}'"),
    "partiql-batch": lambda c: c.batch_execute_statement(
        Statements=[{"Statement": f"SELECT * FROM \"{TABLE}\" WHERE pk='SCHOOL#{OWN}' AND sk='a'"}]
    ),
    "partiql-transaction": lambda c: c.execute_transaction(
        TransactStatements=[{"Statement": f"SELECT * FROM \"{TABLE}\" WHERE pk='SCHOOL#{OWN}' AND sk='a'"}]
    ),
    "query-without-partition": lambda c: c.query(
        TableName=TABLE, KeyConditionExpression="sk = :s", ExpressionAttributeValues={":s": {"S": "a"}}
    ),
    "query-two-partitions": lambda c: c.query(
        TableName=TABLE,
        KeyConditionExpression="pk = :a AND pk = :b",
        ExpressionAttributeValues={":a": {"S": f"SCHOOL#{OWN}"}, ":b": {"S": f"SCHOOL#{OTHER}"}},
    ),
}


@pytest.mark.parametrize("name", KEYLESS)
@pytest.mark.parametrize("role", ["tenant", "broad"])
def test_operation_without_readable_key_is_denied(emulated: Cloud, role: str, name: str) -> None:
    """``broad`` allows every DynamoDB action, and is saved by its ``Null`` condition."""
    with pytest.raises(ClientError) as refused:
        KEYLESS[name](emulated.tenant("dynamodb", OWN, role))
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"


def test_partiql_is_checked_as_its_own_actions(emulated: Cloud) -> None:
    reader = emulated.process.client("dynamodb", **emulated.session("reader"))
    assert "Items" in reader.execute_statement(Statement=f'SELECT * FROM "{TABLE}"')
    statement = f"DELETE FROM \"{TABLE}\" WHERE pk='SCHOOL#{OWN}' AND sk='a'"
    with pytest.raises(ClientError) as refused:
        reader.execute_statement(Statement=statement)
    assert "dynamodb:PartiQLDelete" in refused.value.response["Error"]["Message"]


def signed_call(cloud: Cloud, target: str, body: dict[str, Any], query_string: str = "") -> tuple[int, str]:
    """A request the SDK would not build, correctly signed with the broad role's session of the own school."""
    session = cloud.session("broad", Tags=tags(OWN))
    url = f"{cloud.process.endpoint_url}/{query_string}"
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"DynamoDB_20120810.{target}"}
    request = botocore.awsrequest.AWSRequest("POST", url, headers, json.dumps(body).encode())
    credentials = botocore.credentials.Credentials(
        session["aws_access_key_id"], session["aws_secret_access_key"], session["aws_session_token"]
    )
    botocore.auth.SigV4Auth(credentials, "dynamodb", "us-east-1").add_auth(request)
    answer = urllib3.request("POST", url, body=request.body, headers=dict(request.headers.items()))
    return answer.status, answer.data.decode()


@pytest.mark.parametrize(
    ("target", "body", "query_string"),
    [
        ("Scan", {"TableName": TABLE, "Key": key(OWN)}, ""),
        ("Scan", {"TableName": TABLE, "Key": key(OWN)}, "?Action=GetItem"),
        ("GetItem", {"TableName": TABLE, "Key": key(OTHER), "Item": key(OWN)}, ""),
        ("GetItem", {"TableName": TABLE, "Key": {"sk": {"S": "a"}}}, ""),
        ("PutItem", {"TableName": TABLE, "Item": {"pk": {"S": f"SCHOOL#{OWN}", "N": "1"}, "sk": {"S": "a"}}}, ""),
        (
            "Query",
            {"TableName": TABLE, "KeyConditionExpression": "pk = @:p", "ExpressionAttributeValues": {":p": 1}},
            "",
        ),
        ("GetItem", {"TableName": TABLE}, ""),
        ("BatchGetItem", {"RequestItems": {TABLE: {}}}, ""),
        ("TransactWriteItems", {"TransactItems": []}, ""),
    ],
)
def test_crafted_request_is_denied(
    emulated: Cloud, tenant: Any, target: str, body: dict[str, Any], query_string: str
) -> None:
    del tenant  # only for its items
    status, answer = signed_call(emulated, target, body, query_string)
    assert (status // 100, "AccessDeniedException" in answer) == (4, True), answer


def test_crafted_request_with_own_key_is_allowed(emulated: Cloud, tenant: Any) -> None:
    """The control: the signature and the session of the crafted requests are good."""
    del tenant
    assert signed_call(emulated, "GetItem", {"TableName": TABLE, "Key": key(OWN)})[0] == 200
