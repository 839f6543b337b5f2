"""The template holds every queue of ``edu.queues`` as it is declared there, and no other queue of tasks."""

from __future__ import annotations

from typing import Any

import pytest

from behavior.domain.events import STORE_EVENTS
from edu.queues import ALARM_MINUTES, BEHAVIOR, DEAD_LETTERS_KEPT_DAYS, QUEUES, QueueDeclaration
from tests.unit.deploy import data_plane

DEPTH, AGE = "ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"
DAY_S = 86_400
PIPE_DEAD_LETTERS = "PipeDlq"
WORK = {
    "ReceiveMessage",
    "DeleteMessage",
    "ChangeMessageVisibility",
    "GetQueueAttributes",
    "GetQueueUrl",
    "SendMessage",
}
REVIEW = {"ReceiveMessage", "DeleteMessage", "StartMessageMoveTask", "CancelMessageMoveTask", "ListMessageMoveTasks"}

each_queue = pytest.mark.parametrize("queue", QUEUES, ids=lambda queue: queue.name)


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return data_plane.load()


@each_queue
def test_queue_is_as_declared(template: dict[str, Any], queue: QueueDeclaration) -> None:
    properties = template["Resources"][queue.resource]["Properties"]
    assert properties["QueueName"] == {"Fn::Sub": f"libreta-${{Env}}-{queue.name}"}
    assert properties["MessageRetentionPeriod"] == queue.kept_days * DAY_S
    assert properties["VisibilityTimeout"] == queue.visibility_timeout_s
    assert properties["SqsManagedSseEnabled"] is True
    assert properties["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": [queue.dead_letters_resource, "Arn"]},
        "maxReceiveCount": queue.max_receives,
    }


@each_queue
def test_dead_letters_are_kept_as_long_as_can_be(template: dict[str, Any], queue: QueueDeclaration) -> None:
    properties = template["Resources"][queue.dead_letters_resource]["Properties"]
    assert properties["QueueName"] == {"Fn::Sub": f"libreta-${{Env}}-{queue.name}-dlq"}
    assert properties["SqsManagedSseEnabled"] is True
    assert properties["MessageRetentionPeriod"] == DEAD_LETTERS_KEPT_DAYS * DAY_S == 14 * DAY_S


@each_queue
def test_outputs_say_both_urls(template: dict[str, Any], queue: QueueDeclaration) -> None:
    assert template["Outputs"][queue.output]["Value"] == {"Ref": queue.resource}
    assert template["Outputs"][queue.dead_letters_output]["Value"] == {"Ref": queue.dead_letters_resource}


@each_queue
def test_alarms_are_the_declared_ones(template: dict[str, Any], queue: QueueDeclaration) -> None:
    wanted = [(AGE, ALARM_MINUTES, queue.age_alarm_s)]
    wanted += [(DEPTH, ALARM_MINUTES, depth) for depth in queue.depth_alarms]
    assert _alarms(template, queue.resource) == sorted(wanted)
    assert _alarms(template, queue.dead_letters_resource) == [(DEPTH, 1, 0)]


@each_queue
def test_policies_cover_the_queue_and_its_dead_letters(template: dict[str, Any], queue: QueueDeclaration) -> None:
    ours, dead = ({"Fn::GetAtt": [name, "Arn"]} for name in (queue.resource, queue.dead_letters_resource))
    assert _granted(template, "WorkerPolicy", ours) == WORK
    assert _granted(template, "WorkerPolicy", dead) == ({"SendMessage"} if queue.command else set())
    assert "SendMessage" in _granted(template, "OperatorPolicy", ours)
    assert _granted(template, "OperatorPolicy", dead) >= REVIEW
    over_tls = template["Resources"]["QueuesTlsOnly"]["Properties"]["Queues"]
    assert {"Ref": queue.resource} in over_tls
    assert {"Ref": queue.dead_letters_resource} in over_tls


def test_no_queue_of_the_template_is_undeclared(template: dict[str, Any]) -> None:
    declared = {name for queue in QUEUES for name in (queue.resource, queue.dead_letters_resource)}
    assert data_plane.resources(template, "AWS::SQS::Queue").keys() == declared | {PIPE_DEAD_LETTERS}


def test_gateways_message_names_the_task_and_the_queue_of_events(template: dict[str, Any]) -> None:
    (post,) = data_plane.resources(template, "AWS::ApiGateway::Method").values()
    message = post["Properties"]["Integration"]["RequestTemplates"]["application/json"]
    assert f'""task"": ""{STORE_EVENTS}""' in message
    assert f'""routing_key"": ""{BEHAVIOR.name}""' in message


def _alarms(template: dict[str, Any], resource: str) -> list[tuple[str, int, int]]:
    """Metric, minutes and threshold of the alarms over a queue, of those that tell somebody."""
    alarms = [alarm["Properties"] for alarm in data_plane.resources(template, "AWS::CloudWatch::Alarm").values()]
    watched = {"Name": "QueueName", "Value": {"Fn::GetAtt": [resource, "QueueName"]}}
    found = [alarm for alarm in alarms if alarm["Dimensions"] == [watched]]
    assert all(alarm["AlarmActions"] == [{"Ref": "Alerts"}] for alarm in found)
    assert all((alarm["Period"], alarm["ComparisonOperator"]) == (60, "GreaterThanThreshold") for alarm in found)
    return sorted((alarm["MetricName"], alarm["EvaluationPeriods"], alarm["Threshold"]) for alarm in found)


def _granted(template: dict[str, Any], policy: str, arn: dict[str, Any]) -> set[str]:
    """The SQS actions that a managed policy allows on a queue."""
    statements = template["Resources"][policy]["Properties"]["PolicyDocument"]["Statement"]
    allowed = [statement["Action"] for statement in statements if arn in _listed(statement["Resource"])]
    return {action.removeprefix("sqs:") for actions in allowed for action in _listed(actions)}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
