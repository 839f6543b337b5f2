"""STS: who may assume a role with which tags, and what a session hands on to the next."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.deploy.emulator.cloud import LAKE, TABLE, Cloud, key, role, tags

if TYPE_CHECKING:
    from collections.abc import Callable


def refusal(call: Callable[[], Any]) -> str:
    """The error code a call is refused with."""
    with pytest.raises(ClientError) as refused:
        call()
    return str(refused.value.response["Error"]["Code"])


def test_tenant_role_without_tag_is_denied(emulated: Cloud) -> None:
    assert refusal(lambda: emulated.session("tenant")) == "AccessDenied"
    assert refusal(lambda: emulated.session("tenant", Tags=[{"Key": "other", "Value": "x"}])) == "AccessDenied"


@pytest.mark.parametrize("school", ["", "a/b", "a:b", "a b", "a.b"])
def test_tenant_role_with_tag_the_trust_policy_excludes_is_denied(emulated: Cloud, school: str) -> None:
    assert refusal(lambda: emulated.session("tenant", Tags=tags(school))) == "AccessDenied"


@pytest.mark.parametrize("school", ["*", "a*", "a?", "a#b", "a\n", "${aws:username}", "x" * 257])
def test_tag_value_aws_does_not_know_is_invalid(emulated: Cloud, school: str) -> None:
    assert refusal(lambda: emulated.session("broad", Tags=tags(school))) == "ValidationError"


def test_user_without_a_role_reaches_nothing(emulated: Cloud) -> None:
    dynamodb = emulated.web("dynamodb")
    assert refusal(lambda: dynamodb.get_item(TableName=TABLE, Key=key("ses-1"))) == "AccessDeniedException"


@pytest.mark.parametrize("duration_s", [3601, 43_200])
def test_duration_outside_the_role_limits_is_invalid(emulated: Cloud, duration_s: int) -> None:
    asked = {"Tags": tags("ses-1"), "DurationSeconds": duration_s}
    assert refusal(lambda: emulated.session("tenant", **asked)) == "ValidationError"


def test_chained_session_is_limited_to_an_hour(emulated: Cloud) -> None:
    door = emulated.process.client("sts", **emulated.session("door", DurationSeconds=7200))
    asked = {"RoleArn": role("broad"), "RoleSessionName": "chained"}
    assert refusal(lambda: door.assume_role(**asked, DurationSeconds=3601)) == "ValidationError"
    assert door.assume_role(**asked, DurationSeconds=3600)["Credentials"]


def test_transitive_tag_reaches_the_next_session(emulated: Cloud) -> None:
    emulated.put("ses-1", "a")
    door = emulated.session("door", Tags=tags("ses-1"), TransitiveTagKeys=["school_id"])
    sts = emulated.process.client("sts", **door)
    chained = emulated.process.client("dynamodb", **emulated.session("broad", by=sts))
    assert chained.get_item(TableName=TABLE, Key=key("ses-1"))["Item"]
    assert refusal(lambda: emulated.session("broad", by=sts, Tags=tags("ses-2"))) == "ValidationError"


def test_plain_tag_does_not_reach_the_next_session(emulated: Cloud) -> None:
    sts = emulated.process.client("sts", **emulated.session("door", Tags=tags("ses-1")))
    chained = emulated.process.client("dynamodb", **emulated.session("broad", by=sts))
    assert refusal(lambda: chained.get_item(TableName=TABLE, Key=key("ses-1"))) == "AccessDeniedException"


def test_source_identity_is_kept_and_cannot_change(emulated: Cloud) -> None:
    sts = emulated.process.client("sts", **emulated.session("door", SourceIdentity="ana"))
    queue = emulated.root("sqs").get_queue_url(QueueName="emulator-test-dlq")["QueueUrl"]
    chained = emulated.process.client("sqs", **emulated.session("broad", by=sts))
    assert chained.send_message(QueueUrl=queue, MessageBody="x")["MessageId"]
    assert refusal(lambda: emulated.session("broad", by=sts, SourceIdentity="eva")) == "ValidationError"
    unnamed = emulated.process.client("sqs", **emulated.session("broad"))
    assert refusal(lambda: unnamed.send_message(QueueUrl=queue, MessageBody="x")) == "AccessDenied"


def test_source_identity_needs_the_trust_policy(emulated: Cloud) -> None:
    assert refusal(lambda: emulated.session("tenant", Tags=tags("ses-1"), SourceIdentity="ana")) == "AccessDenied"


def test_principal_tag_in_a_resource_limits_objects(emulated: Cloud) -> None:
    emulated.root("s3").put_object(Bucket=LAKE, Key="results/ses-2/x.csv", Body=b"theirs")
    s3 = emulated.tenant("s3", "ses-1")
    s3.put_object(Bucket=LAKE, Key="results/ses-1/x.csv", Body=b"ours")
    assert s3.get_object(Bucket=LAKE, Key="results/ses-1/x.csv")["Body"].read() == b"ours"
    assert refusal(lambda: s3.get_object(Bucket=LAKE, Key="results/ses-2/x.csv")) == "AccessDenied"
    assert refusal(lambda: s3.put_object(Bucket=LAKE, Key="results/ses-11/x.csv", Body=b"")) == "AccessDenied"


def test_principal_tag_in_a_condition_limits_listing(emulated: Cloud) -> None:
    s3 = emulated.tenant("s3", "ses-1")
    assert s3.list_objects_v2(Bucket=LAKE, Prefix="results/ses-1/")["KeyCount"] >= 0
    for prefix in ("results/ses-2/", "results/", ""):
        assert refusal(partial(s3.list_objects_v2, Bucket=LAKE, Prefix=prefix)) == "AccessDenied"
