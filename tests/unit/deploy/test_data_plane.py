"""What the template's text must hold, on AWS as on the emulator."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from typing import Any

import pytest
from cfnlint.api import lint_file  # type: ignore[import-untyped]

from deploy.stack.template import MAX_BYTES, TEMPLATE_PATH
from edu.http.middleware import LATENCY
from edu.http.operations import operation_of
from edu.queues import QUEUES
from evaluations.api.scores import ScoreList
from tests.unit.deploy import data_plane

TRUST_POLICY_LIMIT_CHARACTERS = 2048


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return data_plane.load()


def test_template_is_clean_for_cfn_lint() -> None:
    assert [str(match) for match in lint_file(TEMPLATE_PATH)] == []


def test_template_fits_into_an_object_that_cloudformation_reads() -> None:
    assert len(TEMPLATE_PATH.read_bytes()) <= MAX_BYTES // 2, "half of it is time to split"


@pytest.mark.parametrize("queue", [queue.resource for queue in QUEUES])
def test_message_that_waits_too_long_raises_an_alarm(template: dict[str, Any], queue: str) -> None:
    alarms = [alarm["Properties"] for alarm in data_plane.resources(template, "AWS::CloudWatch::Alarm").values()]
    watched = [alarm for alarm in alarms if {"Fn::GetAtt": [queue, "QueueName"]} in _dimensions(alarm)]
    ages = [alarm["AlarmActions"] for alarm in watched if alarm["MetricName"] == "ApproximateAgeOfOldestMessage"]
    assert ages == [[{"Ref": "Alerts"}]]


def test_data_survives_the_removal_of_its_resource(template: dict[str, Any]) -> None:
    for name in ("Table", "Lake", "UserPool"):
        resource = template["Resources"][name]
        assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain"), name


def test_trust_policy_of_the_tenant_role_fits_iam(template: dict[str, Any]) -> None:
    document = deepcopy(template["Resources"]["TenantRole"]["Properties"]["AssumeRolePolicyDocument"])
    arn = "arn:aws:iam::123456789012:role/libreta-production-operator"
    document["Statement"][0]["Principal"]["AWS"] = [arn] * 3
    assert len(json.dumps(document, separators=(",", ":"))) <= TRUST_POLICY_LIMIT_CHARACTERS


def test_api_deployment_has_a_new_name_when_the_api_changes(template: dict[str, Any]) -> None:
    (name,) = data_plane.resources(template, "AWS::ApiGateway::Deployment")
    assert name == f"EventsApiDeployment{data_plane.api_digest(template).capitalize()}"


@pytest.mark.parametrize(("pipe", "table"), [("EventsPipe", "EventsTable"), ("GradesPipe", "GradesTable")])
def test_pipe_writes_exactly_the_columns_of_its_table(template: dict[str, Any], pipe: str, table: str) -> None:
    written = json.loads(template["Resources"][pipe]["Properties"]["TargetParameters"]["InputTemplate"])
    columns = template["Resources"][table]["Properties"]["TableInput"]["StorageDescriptor"]["Columns"]
    assert list(written) == [column["Name"] for column in columns]


@pytest.mark.parametrize("pipe", ["EventsPipe", "GradesPipe"])
def test_pipe_takes_no_clear_identity_and_no_free_text(template: dict[str, Any], pipe: str) -> None:
    text = template["Resources"][pipe]["Properties"]["TargetParameters"]["InputTemplate"]
    attributes = set(re.findall(r"NewImage\.(?:lake\.M\.)?([a-z_]+)\.", text))
    assert "student_pseudonym" in attributes
    assert not attributes & {"student_id", "person_id", "name", "note", "comment", "pk", "sk"}


@pytest.mark.parametrize("table", ["EventsTable", "GradesTable"])
def test_column_is_no_reserved_word(template: dict[str, Any], table: str) -> None:
    columns = template["Resources"][table]["Properties"]["TableInput"]["StorageDescriptor"]["Columns"]
    assert not {column["Name"] for column in columns} & {"at", "end", "order", "group", "timestamp", "date"}


@pytest.mark.parametrize("queue", [*(queue.dead_letters_resource for queue in QUEUES), "PipeDlq"])
def test_dead_letters_raise_an_alarm(template: dict[str, Any], queue: str) -> None:
    alarms = [alarm["Properties"] for alarm in data_plane.resources(template, "AWS::CloudWatch::Alarm").values()]
    watched = [alarm for alarm in alarms if {"Fn::GetAtt": [queue, "QueueName"]} in _dimensions(alarm)]
    assert [(alarm["Threshold"], alarm["AlarmActions"]) for alarm in watched] == [(0, [{"Ref": "Alerts"}])]


@pytest.mark.parametrize("stream", ["EventsFirehose", "GradesFirehose"])
def test_records_that_cannot_be_converted_raise_an_alarm(template: dict[str, Any], stream: str) -> None:
    alarms = [alarm["Properties"] for alarm in data_plane.resources(template, "AWS::CloudWatch::Alarm").values()]
    [alarm] = [alarm for alarm in alarms if {"Ref": stream} in _dimensions(alarm)]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Firehose", "FailedConversion.Records")
    assert (alarm["Statistic"], alarm["Threshold"], alarm["AlarmActions"]) == ("Sum", 0, [{"Ref": "Alerts"}])


def test_operator_lists_and_deletes_what_the_delivery_put_aside_and_reads_nothing_of_the_lake(
    template: dict[str, Any],
) -> None:
    statements = template["Resources"]["OperatorPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    of_s3 = {one["Action"]: one for one in statements if "s3:" in str(one["Action"])}
    assert of_s3.keys() == {"s3:ListBucket", "s3:DeleteObject"}
    assert of_s3["s3:ListBucket"]["Condition"] == {"StringLike": {"s3:prefix": "errors/*"}}
    assert of_s3["s3:DeleteObject"]["Resource"] == {"Fn::Sub": "${Lake.Arn}/errors/*"}


@pytest.mark.parametrize(
    ("metric", "minutes", "threshold"),
    [
        ("ApproximateNumberOfMessagesVisible", 5, 1000),
        ("ApproximateNumberOfMessagesVisible", 5, 2000),
        ("EvaluationLatency", 2, 120),
        ("EvaluationLatency", 2, 150),
    ],
)
def test_alarm_of_the_requirements_exists(template: dict[str, Any], metric: str, minutes: int, threshold: int) -> None:
    alarms = [alarm["Properties"] for alarm in data_plane.resources(template, "AWS::CloudWatch::Alarm").values()]
    found = [
        a for a in alarms if (a["MetricName"], a["EvaluationPeriods"], a["Threshold"]) == (metric, minutes, threshold)
    ]
    assert len(found) == 1
    assert found[0]["Period"] == 60
    assert found[0].get("ExtendedStatistic") == ("p95" if metric == "EvaluationLatency" else None)


def test_latency_alarms_watch_the_write_of_one_score_alone(template: dict[str, Any]) -> None:
    """A whole section's entry takes longer, and must not ring them."""
    alarms = [alarm["Properties"] for alarm in data_plane.resources(template, "AWS::CloudWatch::Alarm").values()]
    watched = [alarm["Dimensions"] for alarm in alarms if alarm["MetricName"] == LATENCY]
    recording = operation_of(ScoreList, "POST")
    assert recording is not None
    assert recording.operation_id == "record_score"
    assert watched == [[{"Name": "Env", "Value": {"Ref": "Env"}}, {"Name": "Operation", "Value": "record_score"}]] * 2


def test_every_output_of_the_settings_is_given(template: dict[str, Any]) -> None:
    needed = {
        *(
            "TableName",
            "TenantRoleArn",
            "PlatformRoleArn",
            "ConsoleRoleArn",
            "LakeRoleArn",
            *(queue.output for queue in QUEUES),
        ),
        *("UserPoolId", "UserPoolClientId", "JwtIssuer", "LakeBucket", "AthenaWorkgroup", "GlueDatabase"),
        *("EventsApiUrl", "GovernmentKeySecretArn", "PipeDlqUrl"),
    }
    assert needed <= template["Outputs"].keys()


def _dimensions(alarm: dict[str, Any]) -> list[Any]:
    return [dimension["Value"] for dimension in alarm["Dimensions"]]


@pytest.mark.parametrize("kind", ["INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT"])
def test_gateway_tells_a_device_to_come_again_when_the_queue_does_not_answer(
    template: dict[str, Any], kind: str
) -> None:
    responses = data_plane.resources(template, "AWS::ApiGateway::GatewayResponse").values()
    [told] = [one["Properties"] for one in responses if one["Properties"]["ResponseType"] == kind]
    assert (told["StatusCode"], told["ResponseParameters"]) == ("503", {"gatewayresponse.header.Retry-After": "'2'"})


def test_gateways_responses_are_in_its_deployment(template: dict[str, Any]) -> None:
    [deployment] = data_plane.resources(template, "AWS::ApiGateway::Deployment").values()
    responses = data_plane.resources(template, "AWS::ApiGateway::GatewayResponse").keys()
    assert responses < set(deployment["DependsOn"])


def test_queues_refusal_is_never_a_forbidden_of_the_template_alone(template: dict[str, Any]) -> None:
    """Only what the response's template puts over is final: SQS says with a 4xx that it throttles."""
    [post] = data_plane.resources(template, "AWS::ApiGateway::Method").values()
    responses = post["Properties"]["Integration"]["IntegrationResponses"]
    assert [(one["StatusCode"], one.get("SelectionPattern")) for one in responses] == [("202", "200"), ("503", None)]
