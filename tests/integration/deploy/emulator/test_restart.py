"""What an emulator still knows after SIGTERM and a new start on the same state directory."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from deploy.emulator.options import EmulatorOptions
from deploy.emulator.process import EmulatorProcess
from tests.integration.deploy.emulator.cloud import LAKE, TABLE, Cloud, key, tags
from tests.integration.deploy.emulator.test_identity import post
from tests.integration.deploy.emulator.test_lake import rows
from tests.support.ports import free_port
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

EVENTS = 250


class Before:
    """What was there before the restart."""

    session: dict[str, str]
    tokens: dict[str, str]


@pytest.fixture(scope="module")
def restarted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cloud, Before]]:
    """An emulator that was filled, stopped while its pipe was busy, and started again with the same options."""
    options = EmulatorOptions(port=free_port(), state_dir=tmp_path_factory.mktemp("restart"), ttl_interval_s=60)
    process, before = EmulatorProcess(options), Before()
    cloud = Cloud(process)
    with process:
        cloud.deploy()
        fill(cloud, before)
    with process:
        yield cloud, before


def fill(cloud: Cloud, before: Before) -> None:
    cloud.put("keep-1", "a", note={"S": "kept"})
    cloud.create_user("kim", "keep-1")
    before.tokens = cloud.sign_in("kim")
    before.session = cloud.session("tenant", Tags=tags("keep-1"))
    sqs = cloud.root("sqs")
    queue = sqs.get_queue_url(QueueName="emulator-test-dlq")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="kept")
    cloud.root("s3").put_object(Bucket=LAKE, Key="results/keep-1/x", Body=b"kept")
    cloud.put_event("keep-1", "first")
    wait_until(lambda: cloud.objects("events/"), what="the first object")
    for number in range(EVENTS):
        cloud.put_event("keep-1", f"busy-{number:03}")


def test_items_and_table_settings_are_kept(restarted: tuple[Cloud, Before]) -> None:
    dynamodb = restarted[0].root("dynamodb")
    assert dynamodb.get_item(TableName=TABLE, Key=key("keep-1"))["Item"]["note"] == {"S": "kept"}
    live = dynamodb.describe_time_to_live(TableName=TABLE)["TimeToLiveDescription"]
    assert live["TimeToLiveStatus"] == "ENABLED"
    backups = dynamodb.describe_continuous_backups(TableName=TABLE)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_session_is_kept_with_its_tags_and_limits(restarted: tuple[Cloud, Before]) -> None:
    cloud, before = restarted
    dynamodb = cloud.process.client("dynamodb", **before.session)
    assert dynamodb.get_item(TableName=TABLE, Key=key("keep-1"))["Item"]
    with pytest.raises(dynamodb.exceptions.ClientError):
        dynamodb.get_item(TableName=TABLE, Key=key("keep-2"))


def test_user_key_policies_and_roles_are_kept(restarted: tuple[Cloud, Before]) -> None:
    cloud, _before = restarted
    assert cloud.session("tenant", Tags=tags("keep-1"))
    with pytest.raises(cloud.root("sts").exceptions.ClientError):
        cloud.session("tenant")


def test_users_tokens_and_signing_keys_are_kept(restarted: tuple[Cloud, Before]) -> None:
    cloud, before = restarted
    assert cloud.sign_in("kim")["IdToken"]
    assert post(cloud, before.tokens["IdToken"], b'{"kind": "late"}') == 202
    renewed = cloud.root("cognito-idp").initiate_auth(
        ClientId=cloud.outputs["ClientId"],
        AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters={"REFRESH_TOKEN": before.tokens["RefreshToken"]},
    )
    assert renewed["AuthenticationResult"]["IdToken"]


def test_messages_and_objects_are_kept(restarted: tuple[Cloud, Before]) -> None:
    cloud, _before = restarted
    sqs = cloud.root("sqs")
    queue = sqs.get_queue_url(QueueName="emulator-test-dlq")["QueueUrl"]
    assert [message["Body"] for message in sqs.receive_message(QueueUrl=queue)["Messages"]] == ["kept"]
    found = cloud.root("s3").get_object(Bucket=LAKE, Key="results/keep-1/x")
    assert found["Body"].read() == b"kept"
    assert cloud.root("s3").get_bucket_lifecycle_configuration(Bucket=LAKE)["Rules"]


def test_pipe_loses_no_record_and_starts_where_it_stood(restarted: tuple[Cloud, Before]) -> None:
    cloud, _before = restarted
    statement = "SELECT count(DISTINCT event_id), count(*), count_if(event_id = 'first') FROM events"

    def delivered() -> list[str]:
        found: list[Any] = rows(cloud, statement)[0]
        return found if found[0] == str(EVENTS + 1) else []

    _distinct, total, first = wait_until(delivered, what="every event")
    assert first == "1", "what was delivered before the restart is not delivered again"
    assert int(total) <= EVENTS + 1 + 100, "at most the batch under way comes twice"
    cloud.put_event("keep-1", f"after-{time.time_ns()}")
    later = "SELECT count(*) FROM events WHERE event_id LIKE 'after-%'"
    wait_until(lambda: rows(cloud, later)[0] == ["1"], what="the event after the restart")


def test_stack_is_kept_and_can_be_updated(restarted: tuple[Cloud, Before]) -> None:
    stack = restarted[0].root("cloudformation").describe_stacks(StackName="emulator-test")["Stacks"][0]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    described = restarted[0].root("pipes").describe_pipe(Name="emulator-test")
    assert described["SourceParameters"]["FilterCriteria"]["Filters"]
