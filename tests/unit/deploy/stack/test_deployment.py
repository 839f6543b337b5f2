"""Deploying without a cloud: parameters, settings of the outputs, and CloudFormation's answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import ANY, Stubber

from deploy.stack import deployment
from deploy.stack.change_sets import Change, DeploymentError, deployment_errors

if TYPE_CHECKING:
    from collections.abc import Iterator


PLANE = deployment.DataPlane(env="test")
CREATED_AT = "2026-01-01T00:00:00Z"
ACCOUNT = "123456789012"
URL_OF = "https://s3.us-east-1.amazonaws.com"
URL = f"{URL_OF}/test/{ACCOUNT}"
OUTPUTS = {
    "TableName": "libreta-test",
    "TenantRoleArn": "arn:aws:iam::123456789012:role/libreta-test-tenant",
    "PlatformRoleArn": "arn:aws:iam::123456789012:role/libreta-test-platform",
    "ConsoleRoleArn": "arn:aws:iam::123456789012:role/libreta-test-console",
    "LakeRoleArn": "arn:aws:iam::123456789012:role/libreta-test-lake",
    "BehaviorQueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/libreta-test-behavior",
    "GovsyncQueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/libreta-test-govsync",
    "MaintenanceQueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/libreta-test-maintenance",
    "AnalyticsQueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/libreta-test-analytics",
    "PipeDlqUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/libreta-test-pipe-dlq",
    "UserPoolId": "us-east-1_AbC",
    "UserPoolClientId": "client",
    "JwtIssuer": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_AbC",
    "LakeBucket": "libreta-test-lake-123456789012",
    "AthenaWorkgroup": "libreta-test",
    "GlueDatabase": "libreta_test",
    "EventsApiId": "api1",
    "GovernmentKeySecretArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:libreta-test-government-key-AbCdEf",
    "EventsApiUrl": "https://api1.execute-api.us-east-1.amazonaws.com/v1/behavior",
}


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[deployment.Clients]:
    connected = deployment.connect(
        endpoint_url=None, credentials={"aws_access_key_id": "unused", "aws_secret_access_key": "unused"}
    )
    monkeypatch.setattr(deployment, "upload_template", lambda _s3, _text, *, env, account: f"{URL_OF}/{env}/{account}")
    with Stubber(connected.sts) as sts:
        sts.add_response("get_caller_identity", {"Account": ACCOUNT})
        yield connected


@pytest.fixture
def answers(clients: deployment.Clients) -> Iterator[Stubber]:
    with Stubber(clients.cloudformation) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def _stack(status: str, **extra: Any) -> dict[str, Any]:
    return {"Stacks": [{"StackName": "libreta-test", "CreationTime": CREATED_AT, "StackStatus": status, **extra}]}


def _no_stack(answers: Stubber) -> None:
    answers.add_client_error("describe_stacks", "ValidationError", "Stack with id libreta-test does not exist")


def _change_set(answers: Stubber, kind: str, answer: dict[str, Any]) -> None:
    request = dict.fromkeys(("ChangeSetName", "Capabilities", "Parameters"), ANY)
    answers.add_response(
        "create_change_set",
        {"Id": "cs"},
        {"StackName": "libreta-test", "ChangeSetType": kind, "TemplateURL": URL, **request},
    )
    answers.add_response("describe_change_set", answer, {"ChangeSetName": "cs"})


def test_local_plane_has_users_and_no_tls() -> None:
    given = {item["ParameterKey"]: item["ParameterValue"] for item in PLANE.parameters(is_new=True)}
    assert given == {"Env": "test", "LocalUsers": "true", "RequireTls": "false", "ProtectData": "false"}


def test_aws_plane_is_protected_and_speaks_tls() -> None:
    plane = deployment.DataPlane(env="prod", local=False, operator_principal_arn="arn:aws:iam::123456789012:role/ops")
    given = {item["ParameterKey"]: item["ParameterValue"] for item in plane.parameters(is_new=True)}
    assert given == {
        "Env": "prod",
        "LocalUsers": "false",
        "RequireTls": "true",
        "ProtectData": "true",
        "OperatorPrincipalArn": "arn:aws:iam::123456789012:role/ops",
    }


def test_parameter_not_given_keeps_what_the_stack_has() -> None:
    given = deployment.DataPlane(alert_email="").parameters(is_new=False)
    kept = {item["ParameterKey"] for item in given if item.get("UsePreviousValue")}
    assert kept == {"OperatorPrincipalArn", "FirehoseBufferSeconds"}
    assert {"ParameterKey": "AlertEmail", "ParameterValue": ""} in given


def test_environment_on_aws_is_the_outputs() -> None:
    environment = deployment.stack_environment(OUTPUTS, None)
    assert environment["LIBRETA_BEHAVIOR_QUEUE_URL"] == OUTPUTS["BehaviorQueueUrl"]
    assert environment["LIBRETA_JWKS_URL"] == f"{OUTPUTS['JwtIssuer']}/.well-known/jwks.json"
    assert environment["LIBRETA_EVENTS_API_URL"] == OUTPUTS["EventsApiUrl"]
    assert environment["LIBRETA_GOV_API_KEY_SECRET"] == OUTPUTS["GovernmentKeySecretArn"]


def test_environment_of_the_emulator_stays_on_its_endpoint() -> None:
    environment = deployment.stack_environment(OUTPUTS, "http://127.0.0.1:4566")
    urls = {name: value for name, value in environment.items() if name.endswith("_URL")}
    assert urls == {
        "LIBRETA_BEHAVIOR_QUEUE_URL": "http://127.0.0.1:4566/123456789012/libreta-test-behavior",
        "LIBRETA_PIPE_DLQ_URL": "http://127.0.0.1:4566/123456789012/libreta-test-pipe-dlq",
        "LIBRETA_GOVSYNC_QUEUE_URL": "http://127.0.0.1:4566/123456789012/libreta-test-govsync",
        "LIBRETA_MAINTENANCE_QUEUE_URL": "http://127.0.0.1:4566/123456789012/libreta-test-maintenance",
        "LIBRETA_ANALYTICS_QUEUE_URL": "http://127.0.0.1:4566/123456789012/libreta-test-analytics",
        "LIBRETA_JWKS_URL": "http://127.0.0.1:4566/us-east-1_AbC/.well-known/jwks.json",
        "LIBRETA_EVENTS_API_URL": "http://127.0.0.1:4566/restapis/api1/v1/_user_request_/behavior",
    }
    assert environment["LIBRETA_JWT_ISSUER"] == OUTPUTS["JwtIssuer"]
    assert environment["LIBRETA_GOV_API_KEY_SECRET"] == "", "the local government's key is made up"


@pytest.mark.parametrize(
    "reason",
    [
        "The submitted information didn't contain changes. Submit different information to create a change set.",
        "No updates are to be performed.",
    ],
)
def test_no_changes_is_a_success(clients: deployment.Clients, answers: Stubber, reason: str) -> None:
    outputs = [{"OutputKey": "TableName", "OutputValue": "libreta-test"}]
    answers.add_response("describe_stacks", _stack("UPDATE_COMPLETE"))
    _change_set(answers, "UPDATE", {"Status": "FAILED", "StatusReason": reason})
    answers.add_response("delete_change_set", {}, {"ChangeSetName": "cs"})
    answers.add_response("describe_stacks", _stack("UPDATE_COMPLETE", Outputs=outputs))
    assert deployment.deploy_data_plane(clients, PLANE) == {"TableName": "libreta-test"}


def test_refused_template_is_an_error(clients: deployment.Clients, answers: Stubber) -> None:
    _no_stack(answers)
    _change_set(answers, "CREATE", {"Status": "FAILED", "StatusReason": "Template error: no such type"})
    answers.add_response("delete_change_set", {}, {"ChangeSetName": "cs"})
    with pytest.raises(DeploymentError, match="no such type"):
        deployment.deploy_data_plane(clients, PLANE)


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED"])
def test_stack_in_no_state_to_update_is_an_error(clients: deployment.Clients, answers: Stubber, status: str) -> None:
    answers.add_response("describe_stacks", _stack(status))
    with pytest.raises(DeploymentError, match=status):
        deployment.deploy_data_plane(clients, PLANE)


def test_stack_left_in_review_is_made(clients: deployment.Clients, answers: Stubber) -> None:
    answers.add_response("describe_stacks", _stack("REVIEW_IN_PROGRESS"))
    _change_set(answers, "CREATE", {"Status": "FAILED", "StatusReason": "seen"})
    answers.add_response("delete_change_set", {}, {"ChangeSetName": "cs"})
    with pytest.raises(DeploymentError, match="seen"):
        deployment.deploy_data_plane(clients, PLANE)


def test_replacement_is_shown_before_it_happens(clients: deployment.Clients, answers: Stubber) -> None:
    resource = {"Action": "Modify", "LogicalResourceId": "Table", "ResourceType": "AWS::DynamoDB::Table"}
    _no_stack(answers)
    change = {"Type": "Resource", "ResourceChange": {**resource, "Replacement": "True"}}
    _change_set(answers, "CREATE", {"Status": "CREATE_COMPLETE", "Changes": [change]})
    answers.add_response("delete_change_set", {}, {"ChangeSetName": "cs"})
    shown: list[Change] = []

    def decline(changes: object) -> bool:
        shown.extend(changes)  # type: ignore[arg-type]
        return False

    with pytest.raises(deployment.DeploymentDeclinedError):
        deployment.deploy_data_plane(clients, PLANE, confirm=decline)
    assert [str(change) for change in shown] == ["Modify Table (AWS::DynamoDB::Table) REPLACED"]


def test_rollback_names_the_first_failure(clients: deployment.Clients, answers: Stubber) -> None:
    change = {"Type": "Resource", "ResourceChange": {"Action": "Add", "LogicalResourceId": "Lake"}}
    event = {"StackId": "s", "StackName": "libreta-test", "Timestamp": CREATED_AT}
    failed = {**event, "EventId": "2", "LogicalResourceId": "Lake", "ResourceStatus": "CREATE_FAILED"}
    cancelled = {**event, "EventId": "3", "LogicalResourceId": "Table", "ResourceStatus": "CREATE_FAILED"}
    old = {**event, "EventId": "1", "LogicalResourceId": "Old", "ResourceStatus": "CREATE_FAILED"}
    _no_stack(answers)
    _change_set(answers, "CREATE", {"Status": "CREATE_COMPLETE", "Changes": [change]})
    answers.add_response("describe_stack_events", {"StackEvents": [old]})
    answers.add_response("execute_change_set", {}, {"ChangeSetName": "cs"})
    answers.add_response("describe_stacks", _stack("ROLLBACK_COMPLETE"))
    events = [cancelled, {**failed, "ResourceStatusReason": "bucket exists"}, old]
    answers.add_response("describe_stack_events", {"StackEvents": events})
    lines: list[str] = []
    with pytest.raises(DeploymentError, match="ROLLBACK_COMPLETE: Lake: bucket exists"):
        deployment.deploy_data_plane(clients, PLANE, report=lines.append)
    assert [line.split() for line in lines[1:]] == [["CREATE_FAILED", "Lake"], ["CREATE_FAILED", "Table"]]


def test_refusal_of_aws_is_a_deployment_error(clients: deployment.Clients, answers: Stubber) -> None:
    answers.add_client_error("describe_stacks", "AccessDenied", "not you")
    with pytest.raises(DeploymentError, match="not you"):
        deployment.deploy_data_plane(clients, PLANE)


def test_other_errors_stay_themselves() -> None:
    with pytest.raises(ZeroDivisionError), deployment_errors():
        _ = 1 // 0


def test_connection_ignores_the_environments_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    keys = {"aws_access_key_id": "unused", "aws_secret_access_key": "unused"}
    assert {
        c.meta.endpoint_url.rpartition(".")[2] for c in deployment.connect(endpoint_url=None, credentials=keys)
    } == {"com"}
    local = deployment.connect(endpoint_url="http://127.0.0.1:2", credentials=keys)
    assert {client.meta.endpoint_url for client in local} == {"http://127.0.0.1:2"}
