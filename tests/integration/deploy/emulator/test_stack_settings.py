"""Settings of a template that stock ministack drops, read back through the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.deploy.emulator.cloud import LAKE, STACK, TABLE, TEMPLATE
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.deploy.emulator.cloud import Cloud


def test_table_keeps_its_settings(emulated: Cloud) -> None:
    dynamodb = emulated.root("dynamodb")
    live = dynamodb.describe_time_to_live(TableName=TABLE)["TimeToLiveDescription"]
    assert live == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
    backups = dynamodb.describe_continuous_backups(TableName=TABLE)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    assert dynamodb.describe_table(TableName=TABLE)["Table"]["SSEDescription"]["Status"] == "ENABLED"


def test_bucket_keeps_its_settings(emulated: Cloud) -> None:
    s3 = emulated.root("s3")
    rule = s3.get_bucket_lifecycle_configuration(Bucket=LAKE)["Rules"][0]
    assert (rule["ID"], rule["Filter"]["Prefix"], rule["Expiration"]["Days"]) == ("events", "events/", 1096)
    assert rule["Transitions"] == [{"Days": 180, "StorageClass": "GLACIER_IR"}]
    encryption = s3.get_bucket_encryption(Bucket=LAKE)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert encryption["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    lock = s3.get_object_lock_configuration(Bucket=LAKE)["ObjectLockConfiguration"]
    assert lock["ObjectLockEnabled"] == "Enabled"


def test_method_keeps_its_validator(emulated: Cloud) -> None:
    gateway, api = emulated.root("apigateway"), emulated.outputs["ApiId"]
    validator = gateway.get_request_validators(restApiId=api)["items"][0]
    resource = next(item for item in gateway.get_resources(restApiId=api)["items"] if item["path"] == "/behavior")
    method = gateway.get_method(restApiId=api, resourceId=resource["id"], httpMethod="POST")
    assert validator["validateRequestBody"] is True
    assert method["requestValidatorId"] == validator["id"]


def update(emulated: Cloud, template: str) -> str:
    """Bring the stack to a template's state; the state it ends in."""
    formation = emulated.root("cloudformation")
    formation.update_stack(StackName=STACK, TemplateBody=template, Capabilities=["CAPABILITY_NAMED_IAM"])
    done = ("UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED")

    def status() -> str:
        found: str = formation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]
        return found if found in done else ""

    return wait_until(status, what="the update")


@pytest.fixture
def restored(emulated: Cloud) -> Iterator[None]:
    """The stack is brought back to its template after the test."""
    yield
    assert update(emulated, TEMPLATE.read_text("utf-8")) == "UPDATE_COMPLETE"


@pytest.mark.usefixtures("restored")
def test_update_of_the_stack_keeps_the_settings(emulated: Cloud) -> None:
    changed = TEMPLATE.read_text("utf-8").replace("ExpirationInDays: 1096", "ExpirationInDays: 1097")
    changed = changed.replace("BatchSize: 100", "BatchSize: 100\n          MaximumRecordAgeInSeconds: 3600")
    assert update(emulated, changed) == "UPDATE_COMPLETE"
    rule = emulated.root("s3").get_bucket_lifecycle_configuration(Bucket=LAKE)["Rules"][0]
    assert rule["Expiration"]["Days"] == 1097
    source = emulated.root("pipes").describe_pipe(Name="emulator-test")["SourceParameters"]
    assert source["DynamoDBStreamParameters"]["MaximumRecordAgeInSeconds"] == 3600
    test_table_keeps_its_settings(emulated)
