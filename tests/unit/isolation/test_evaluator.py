"""The second evaluator: AWS's documented rules, one by one, and what must hold of any policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.isolation.policy.evaluator import Decision, Request, UnknownElementError, decide

if TYPE_CHECKING:
    from collections.abc import Mapping

KEYS = "dynamodb:LeadingKeys"
OWN = {
    "ForAllValues:StringLike": {
        KEYS: ["SCHOOL#${aws:PrincipalTag/school_id}", "SCHOOL#${aws:PrincipalTag/school_id}#*"]
    }
}
NULL = {"Null": {KEYS: "false"}}
TAG = {"aws:PrincipalTag/school_id": ("school-1",)}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any = "*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def asked(context: Mapping[str, tuple[str, ...]] | None = None) -> Request:
    return Request("dynamodb:GetItem", "table", {**TAG, **(context or {})})


def keys(*values: str) -> dict[str, tuple[str, ...]]:
    return {KEYS: values}


def decided(statement: dict[str, Any], request: Request) -> Decision:
    return decide([document(statement)], request)


def test_nothing_said_is_denied() -> None:
    assert decide([], asked()) is Decision.NOT_ALLOWED


def test_deny_beats_allow_whatever_the_order() -> None:
    deny = allow() | {"Effect": "Deny"}
    assert decide([document(allow(), deny)], asked()) is Decision.FORBIDDEN
    assert decide([document(deny), document(allow())], asked()) is Decision.FORBIDDEN


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("dynamodb:GetItem", Decision.ALLOWED),
        ("DynamoDB:getitem", Decision.ALLOWED),
        ("dynamodb:Get*", Decision.ALLOWED),
        ("dynamodb:GetItems", Decision.NOT_ALLOWED),
        ("s3:GetItem", Decision.NOT_ALLOWED),
    ],
)
def test_action_matches_without_regard_to_case(action: str, expected: Decision) -> None:
    assert decided(allow(action), asked()) is expected


def test_resource_matches_with_regard_to_case() -> None:
    assert decided(allow(resource="Table"), asked()) is Decision.NOT_ALLOWED
    assert decided(allow(resource="t?ble"), asked()) is Decision.ALLOWED


@pytest.mark.parametrize(
    ("partitions", "expected"),
    [
        (("SCHOOL#school-1",), Decision.ALLOWED),
        (("SCHOOL#school-1", "SCHOOL#school-1#X"), Decision.ALLOWED),
        (("SCHOOL#school-1", "SCHOOL#school-2"), Decision.NOT_ALLOWED),
        (("SCHOOL#school-10",), Decision.NOT_ALLOWED),
        (("school#school-1",), Decision.NOT_ALLOWED),
        ((), Decision.ALLOWED),
    ],
)
def test_for_all_values_wants_each_and_is_true_of_none(partitions: tuple[str, ...], expected: Decision) -> None:
    assert decided(allow(Condition=OWN), asked(keys(*partitions))) is expected


def test_null_closes_what_for_all_values_leaves_open() -> None:
    statement = allow(Condition={**OWN, **NULL})
    assert decided(statement, asked()) is Decision.NOT_ALLOWED
    assert decided(statement, asked(keys(""))) is Decision.NOT_ALLOWED
    assert decided(statement, asked(keys("SCHOOL#school-1"))) is Decision.ALLOWED


def test_null_true_wants_the_key_absent() -> None:
    statement = allow(Condition={"Null": {KEYS: "true"}})
    assert decided(statement, asked()) is Decision.ALLOWED
    assert decided(statement, asked(keys("x"))) is Decision.NOT_ALLOWED


def test_for_any_value_wants_one() -> None:
    statement = allow(Condition={"ForAnyValue:StringLike": {KEYS: "a*"}})
    assert decided(statement, asked(keys("b", "ab"))) is Decision.ALLOWED
    assert decided(statement, asked(keys("b"))) is Decision.NOT_ALLOWED
    assert decided(statement, asked()) is Decision.NOT_ALLOWED


def test_missing_tag_matches_nothing() -> None:
    request = Request("dynamodb:GetItem", "table", keys("SCHOOL#", "SCHOOL##x"))
    assert decided(allow(Condition=OWN), request) is Decision.NOT_ALLOWED


def test_context_keys_are_compared_without_regard_to_case() -> None:
    request = Request("s3:GetObject", "o", {"AWS:principaltag/SCHOOL_ID": ("school-1",)})
    assert decided(allow(resource="${aws:PrincipalTag/school_id}"), request) is Decision.NOT_ALLOWED
    statement = allow(Condition={"StringEquals": {"aws:PrincipalTag/school_id": "school-1"}})
    assert decided(statement, request) is Decision.ALLOWED


def test_equals_knows_no_wildcards() -> None:
    statement = allow(Condition={"StringEquals": {"aws:PrincipalTag/school_id": "school-?"}})
    assert decided(statement, asked()) is Decision.NOT_ALLOWED


def test_negated_operator_is_true_of_an_absent_key() -> None:
    statement = allow(Condition={"StringNotLike": {"aws:RequestTag/school_id": ["*A*", "*#*"]}})
    assert decided(statement, asked()) is Decision.ALLOWED
    assert decided(statement, asked({"aws:RequestTag/school_id": ("aAa",)})) is Decision.NOT_ALLOWED
    assert decided(statement, asked({"aws:RequestTag/school_id": ("aaa",)})) is Decision.ALLOWED


def test_trust_policy_names_its_principals() -> None:
    trust = document({"Effect": "Allow", "Principal": {"AWS": ["arn:web"]}, "Action": "sts:AssumeRole"})
    request = Request("sts:AssumeRole", "*")
    assert decide([trust], request, principal="arn:web") is Decision.ALLOWED
    assert decide([trust], request, principal="arn:web2") is Decision.NOT_ALLOWED


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Allow", "NotAction": "x", "Resource": "*"},
        {"Effect": "Allow", "Action": "*", "NotResource": "x"},
        {"Effect": "Perhaps", "Action": "*", "Resource": "*"},
        allow(Condition={"StringLikeIfExists": {KEYS: "x"}}),
        allow(Condition={"ForMostValues:StringLike": {KEYS: "x"}}),
        allow(Condition={"NumericEquals": {KEYS: "1"}}),
        allow(Condition={"StringLike": {KEYS: "x"}}),
    ],
)
def test_what_it_was_not_taught_is_refused(statement: dict[str, Any]) -> None:
    with pytest.raises(UnknownElementError):
        decided(statement, asked(keys("x", "y")))


def test_older_version_is_refused() -> None:
    with pytest.raises(UnknownElementError):
        decide([{"Version": "2008-10-17", "Statement": []}], asked())


partitions = st.lists(st.text(alphabet="SCHOL#school-10*?", max_size=20), max_size=4)


@given(values=partitions)
def test_more_conditions_never_allow_more(values: list[str]) -> None:
    request = asked(keys(*values))
    if decided(allow(Condition={**OWN, **NULL}), request) is Decision.ALLOWED:
        assert decided(allow(Condition=OWN), request) is Decision.ALLOWED
        assert all(value == "SCHOOL#school-1" or value.startswith("SCHOOL#school-1#") for value in values)


@given(values=partitions.filter(bool), extra=st.text(alphabet="SCHOL#school-10", min_size=1, max_size=20))
def test_one_more_key_never_allows_more(values: list[str], extra: str) -> None:
    statement = allow(Condition={**OWN, **NULL})
    if decided(statement, asked(keys(*values))) is Decision.NOT_ALLOWED and any(values):
        assert decided(statement, asked(keys(*values, extra))) is Decision.NOT_ALLOWED
