"""The verification: nothing to report after a deployment, and a report when something is not as expected."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from deploy.stack.verification import Expected, Mismatch, verify
from deploy.stack.verification.expected import DAY_S
from edu.queues import BEHAVIOR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deploy.stack.deployment import Clients

EXPECTED = Expected()
EVERY_TAMPERING: dict[str, tuple[Expected, str]] = {
    "ttl": (replace(EXPECTED, ttl_attribute="other"), "time to live on"),
    "stream": (replace(EXPECTED, stream_view="KEYS_ONLY"), "stream"),
    "protection": (replace(EXPECTED, protected=True), "deletion protection"),
    "tries": (replace(EXPECTED, queues=(replace(BEHAVIOR, max_receives=4),)), "tries"),
    "visibility": (replace(EXPECTED, queues=(replace(BEHAVIOR, visibility_timeout_s=30),)), "visibility_timeout_s"),
    "kept": (replace(EXPECTED, queues=(replace(BEHAVIOR, kept_days=5),)), "retention_s"),
    "dead letters kept": (replace(EXPECTED, dead_letter_retention_s=DAY_S), "retention_s"),
    "retention": (replace(EXPECTED, lake_retention_days={"events/": 30}), "retention in days"),
    "mutability": (replace(EXPECTED, attribute_is_mutable={"custom:role": False}), "mutable"),
    "client": (replace(EXPECTED, client_write_attributes=("locale", "custom:role")), "writes"),
    "filter": (replace(EXPECTED, events=replace(EXPECTED.events, entities=("score",))), "lets through"),
    "columns": (replace(EXPECTED, grades=replace(EXPECTED.grades, columns=frozenset({"name"}))), "columns"),
    "delivery": (replace(EXPECTED, grades=replace(EXPECTED.grades, folder="events")), "schema"),
}


def test_deployed_stack_is_as_expected(clients: Clients, outputs: dict[str, str]) -> None:
    assert verify(outputs, clients) == []


@pytest.mark.parametrize("tampering", EVERY_TAMPERING)
def test_other_expectation_is_reported(clients: Clients, outputs: dict[str, str], tampering: str) -> None:
    expected, aspect = EVERY_TAMPERING[tampering]
    assert aspect in {mismatch.aspect for mismatch in verify(outputs, clients, expected)}


def _stop_ttl(clients: Clients, outputs: dict[str, str], *, damage: bool) -> None:
    specification: Any = {"AttributeName": "expires_at", "Enabled": not damage}
    clients.dynamodb.update_time_to_live(TableName=outputs["TableName"], TimeToLiveSpecification=specification)


def _shorten_visibility(clients: Clients, outputs: dict[str, str], *, damage: bool) -> None:
    value = "30" if damage else "120"
    clients.sqs.set_queue_attributes(QueueUrl=outputs["BehaviorQueueUrl"], Attributes={"VisibilityTimeout": value})


def _open_bucket(clients: Clients, outputs: dict[str, str], *, damage: bool) -> None:
    if damage:
        clients.s3.delete_public_access_block(Bucket=outputs["LakeBucket"])
        return
    names = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    block: Any = dict.fromkeys(names, True)
    clients.s3.put_public_access_block(Bucket=outputs["LakeBucket"], PublicAccessBlockConfiguration=block)


def _bolt_a_policy_on(clients: Clients, outputs: dict[str, str], *, damage: bool) -> None:
    role = outputs["TenantRoleArn"].rsplit("/", 1)[-1]
    if not damage:
        clients.iam.delete_role_policy(RoleName=role, PolicyName="hotfix")
        return
    statement = {"Sid": "Hotfix", "Effect": "Allow", "Action": "dynamodb:Scan", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    clients.iam.put_role_policy(RoleName=role, PolicyName="hotfix", PolicyDocument=document)


def _let_another_in(clients: Clients, outputs: dict[str, str], *, damage: bool) -> None:
    role = outputs["ConsoleRoleArn"].rsplit("/", 1)[-1]
    trust: Any = clients.iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    ours = outputs["ConsoleRoleArn"].replace(":role/", ":user/").replace("-console", "-web")
    trust["Statement"][0]["Principal"] = {"AWS": [ours, ours.replace("-web", "-worker")] if damage else ours}
    clients.iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(trust))


EVERY_DAMAGE: dict[str, tuple[Callable[..., None], str, str]] = {
    "ttl": (_stop_ttl, "table libreta-spare", "time to live is on"),
    "visibility": (_shorten_visibility, "queue libreta-spare-behavior", "visibility_timeout_s"),
    "public": (_open_bucket, "bucket libreta-spare-lake-000000000000", "public access blocked"),
    "policy": (_bolt_a_policy_on, "role libreta-spare-tenant", "faults of its policy"),
    "trust": (_let_another_in, "role libreta-spare-console", "may be assumed by"),
}


@pytest.fixture(params=EVERY_DAMAGE)
def damaged(request: pytest.FixtureRequest, clients: Clients, outputs: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The spare stack with one thing changed by hand: which resource and aspect; put right afterwards."""
    change, resource, aspect = EVERY_DAMAGE[request.param]
    change(clients, outputs, damage=True)
    yield resource, aspect
    change(clients, outputs, damage=False)
    assert verify(outputs, clients) == []


def test_change_by_hand_is_reported(clients: Clients, outputs: dict[str, str], damaged: tuple[str, str]) -> None:
    assert damaged in {(mismatch.resource, mismatch.aspect) for mismatch in verify(outputs, clients)}


def test_mismatch_names_both_sides() -> None:
    assert str(Mismatch("table t", "stream", "A", None)) == "table t: stream: expected 'A', found None"
