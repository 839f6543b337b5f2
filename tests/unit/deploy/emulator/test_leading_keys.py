"""Partition keys read from request bodies; what cannot be read is a denial."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from deploy.emulator.extension import patching
from deploy.emulator.extension.leading_keys import CONTEXT_KEY, UNREADABLE, _enforce, leading_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

A, B = {"pk": {"S": "A"}, "sk": {"S": "x"}}, {"pk": {"S": "B"}, "sk": {"S": "x"}}
VALUES = {":p": {"S": "A"}, ":s": {"S": "x"}}


@pytest.fixture(autouse=True)
def tables() -> Iterator[None]:
    stored = patching.service("dynamodb")._tables
    index = {"IndexName": "i", "KeySchema": [{"AttributeName": "ipk", "KeyType": "HASH"}]}
    two = {
        "IndexName": "two",
        "KeySchema": [{"AttributeName": "ipk", "KeyType": "HASH"}, {"AttributeName": "b", "KeyType": "HASH"}],
    }
    schema = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
    stored["T"] = {"KeySchema": schema, "GlobalSecondaryIndexes": [index, two]}
    yield
    del stored["T"]


def keys(**request: Any) -> list[str]:
    return leading_keys(json.dumps(request).encode())


def query(expression: str, names: dict[str, str] | None = None, index: str | None = None) -> list[str]:
    request = {"TableName": "T", "KeyConditionExpression": expression, "ExpressionAttributeValues": VALUES}
    request |= {"ExpressionAttributeNames": names} if names else {}
    return keys(**request, **({"IndexName": index} if index else {}))


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"TableName": "T", "Key": A}, ["A"]),
        ({"TableName": "T", "Item": A}, ["A"]),
        ({"TableName": "arn:aws:dynamodb:us-east-1:000000000000:table/T", "Key": A}, ["A"]),
        ({"RequestItems": {"T": {"Keys": [A, B]}}}, ["A", "B"]),
        ({"RequestItems": {"T": [{"PutRequest": {"Item": A}}, {"DeleteRequest": {"Key": B}}]}}, ["A", "B"]),
        ({"TransactItems": [{"Put": {"TableName": "T", "Item": A}}]}, ["A"]),
        ({"TransactItems": [{"ConditionCheck": {"TableName": "T", "Key": B}}]}, ["B"]),
        ({"TableName": "T", "Key": {"pk": {"N": "1"}}}, ["1"]),
        ({"TableName": "T"}, []),
        ({"Statement": "SELECT * FROM T"}, []),
    ],
)
def test_keys_of_a_request(request_: dict[str, Any], expected: list[str]) -> None:
    assert keys(**request_) == expected


@pytest.mark.parametrize(
    "request_",
    [
        {"TableName": "unknown", "Key": A},
        {"TableName": "T", "Key": {"sk": {"S": "x"}}},
        {"TableName": "T", "Key": "A"},
        {"TableName": "T", "Key": {"pk": {"S": "A", "N": "1"}}},
        {"TableName": "T", "Key": {"pk": {"S": ["A"]}}},
        {"TableName": ["T"], "Key": A},
        {"RequestItems": {}},
        {"RequestItems": {"T": []}},
        {"RequestItems": {"T": {"Keys": []}}},
        {"RequestItems": {"T": [{"PutRequest": {"Item": A}, "Other": {}}]}},
        {"TransactItems": []},
        {"TransactItems": [{"Put": {"TableName": "T", "Item": A}}, {"Scan": {}}]},
        {"TransactItems": [{"Put": "A"}]},
    ],
)
def test_unreadable_request_is_marked(request_: dict[str, Any]) -> None:
    assert UNREADABLE in keys(**request_)


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b"1"])
def test_body_that_is_no_object_is_marked(body: bytes) -> None:
    assert leading_keys(body) == [UNREADABLE]


@pytest.mark.parametrize(
    "expression",
    ["pk = :p", ":p=pk", "(pk = :p)", "(pk=:p) AND (sk = :s)", "sk BETWEEN :s AND :s AND pk = :p", " pk\n= :p "],
)
def test_query_names_its_partition(expression: str) -> None:
    assert query(expression) == ["A"]


def test_query_with_alias_and_index() -> None:
    assert query("#k = :p", {"#k": "pk"}) == ["A"]
    assert query(":p = #k", {"#k": "ipk"}, index="i") == ["A"]


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "sk = :s",
        "pk > :p",
        "pk = :p AND pk = :s",
        "pk = :none",
        "pk = :p OR sk = :s",
        "NOT pk = :p",
        "@pk = :p",
        "pk = :p.x",
        "begins_with(pk, :p)",
        "#none = :p",
        "((pk = :p)",
        "x pk = :p",
    ],
)
def test_query_that_is_not_surely_one_partition_is_marked(expression: str) -> None:
    assert query(expression) == [UNREADABLE]


def test_query_on_unknown_or_two_part_index_is_marked() -> None:
    assert query("ipk = :p", index="none") == [UNREADABLE]
    assert query("ipk = :p", index="two") == [UNREADABLE]


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "A"}]}}, ["A"]),
        ({"pk": {"ComparisonOperator": "BEGINS_WITH", "AttributeValueList": [{"S": "A"}]}}, [UNREADABLE]),
        ({"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "A"}, {"S": "B"}]}}, [UNREADABLE]),
        ({}, [UNREADABLE]),
    ],
)
def test_legacy_conditions(conditions: dict[str, Any], expected: list[str]) -> None:
    assert keys(TableName="T", KeyConditions=conditions) == expected


def test_both_forms_of_conditions_are_marked() -> None:
    both = {"KeyConditionExpression": "pk = :p", "KeyConditions": {}, "ExpressionAttributeValues": VALUES}
    assert keys(TableName="T", **both) == [UNREADABLE]


@pytest.mark.parametrize(
    ("action", "given", "seen"),
    [
        ("dynamodb:GetItem", ["A"], ["A"]),
        ("dynamodb:GetItem", None, [UNREADABLE]),
        ("dynamodb:Scan", ["A"], None),
        ("dynamodb:PartiQLSelect", ["A"], None),
        ("dynamodb:DescribeTable", None, None),
    ],
)
def test_key_is_present_for_item_operations_only(action: str, given: list[str] | None, seen: list[str] | None) -> None:
    def stock(*arguments: Any) -> Any:
        return arguments[5].get(CONTEXT_KEY)

    context = {CONTEXT_KEY: given} if given else {}
    assert _enforce(stock)("key", action, "dynamodb", "us-east-1", "*", context) == seen
