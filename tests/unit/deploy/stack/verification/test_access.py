"""Who may reach the table, by the template's text; and that the guard notices each way of weakening it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from deploy.stack.verification.access import CONSOLE_KEYS, PLATFORM_KEYS, TENANT_KEYS, table_statement_faults
from tests.unit.deploy import data_plane

SCOPES = {"TenantRole": TENANT_KEYS, "PlatformRole": PLATFORM_KEYS, "ConsoleRole": CONSOLE_KEYS}
PRODUCERS = frozenset({"PipeRole"})  # reads the stream, not the table


@pytest.fixture
def template() -> dict[str, Any]:
    return data_plane.load()


@pytest.fixture
def tenant_policy(template: dict[str, Any]) -> dict[str, Any]:
    return data_plane.inline_policy(template, "TenantRole")


def _faults(document: dict[str, Any]) -> list[str]:
    return table_statement_faults(document, TENANT_KEYS)


@pytest.mark.parametrize("role", SCOPES)
def test_scope_reaches_only_its_own_keys(template: dict[str, Any], role: str) -> None:
    document = data_plane.inline_policy(template, role)
    assert table_statement_faults(document, SCOPES[role]) == []
    assert any("dynamodb:GetItem" in statement["Action"] for statement in document["Statement"])


def test_tenant_keys_end_exactly_at_the_school(tenant_policy: dict[str, Any]) -> None:
    assert frozenset({"SCHOOL#${aws:PrincipalTag/school_id}", "SCHOOL#${aws:PrincipalTag/school_id}#*"}) == TENANT_KEYS
    conditions = tenant_policy["Statement"][0]["Condition"]
    assert set(conditions["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]) == TENANT_KEYS


def test_nothing_else_in_the_template_reaches_the_table(template: dict[str, Any]) -> None:
    documents = {
        name: [policy["PolicyDocument"] for policy in item["Properties"].get("Policies", [])]
        for name, item in data_plane.resources(template, "AWS::IAM::Role").items()
        if name not in SCOPES.keys() | PRODUCERS
    }
    for name, item in data_plane.resources(template, "AWS::IAM::ManagedPolicy").items():
        documents[name] = [item["Properties"]["PolicyDocument"]]
    assert {"WebPolicy", "WorkerPolicy", "OperatorPolicy"} <= documents.keys()
    for name, found in documents.items():
        assert [table_statement_faults(document, frozenset()) for document in found] == [[]] * len(found), name


@pytest.mark.parametrize("role", ["FirehoseRole", "EventsApiRole", "PipeRole", "WebRole", "WorkerRole"])
def test_service_takes_a_role_on_for_this_account_only(template: dict[str, Any], role: str) -> None:
    (statement,) = template["Resources"][role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_stream_reader_reads_no_items(template: dict[str, Any]) -> None:
    document = data_plane.inline_policy(template, "PipeRole")
    table_actions = {action for item in document["Statement"] for action in item["Action"] if "dynamodb" in action}
    assert table_actions <= {
        f"dynamodb:{n}" for n in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
    }


@pytest.mark.parametrize(
    "action", ["dynamodb:Scan", "dynamodb:PartiQLSelect", "dynamodb:*", "*", "dynamodb:DeleteTable", "dynamo*:GetItem"]
)
def test_guard_reports_an_action_beyond_items(tenant_policy: dict[str, Any], action: str) -> None:
    tenant_policy["Statement"][0]["Action"].append(action)
    assert _faults(tenant_policy) == [f"OwnPartitions allows {action}"]


@pytest.mark.parametrize("key", ["SCHOOL#${aws:PrincipalTag/school_id}*", "*", "PLATFORM#SCHOOLS"])
def test_guard_reports_a_wider_key(tenant_policy: dict[str, Any], key: str) -> None:
    tenant_policy["Statement"][0]["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"].append(key)
    (fault,) = _faults(tenant_policy)
    assert key in fault


@pytest.mark.parametrize("value", ["true", None])
def test_guard_reports_a_missing_null_condition(tenant_policy: dict[str, Any], value: str | None) -> None:
    tenant_policy["Statement"][0]["Condition"]["Null"]["dynamodb:LeadingKeys"] = value
    assert _faults(tenant_policy) == ["OwnPartitions does not demand dynamodb:LeadingKeys"]


def test_guard_reports_a_statement_without_conditions(tenant_policy: dict[str, Any]) -> None:
    extra = copy.deepcopy(tenant_policy["Statement"][0])
    del extra["Condition"]
    extra |= {"Sid": "Extra", "Action": "dynamodb:GetItem"}
    tenant_policy["Statement"].append(extra)
    assert len(_faults(tenant_policy)) == 2


def test_guard_reports_an_open_list_of_actions(tenant_policy: dict[str, Any]) -> None:
    tenant_policy["Statement"].append({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})
    (fault,) = _faults(tenant_policy)
    assert "NotAction" in fault


def test_guard_passes_a_deny(tenant_policy: dict[str, Any]) -> None:
    tenant_policy["Statement"].append({"Effect": "Deny", "Action": "*", "Resource": "*"})
    assert _faults(tenant_policy) == []
