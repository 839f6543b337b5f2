"""The roles of the template, judged by the emulator's IAM: who may take on which, with which school, to do what."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from deploy.local import access_keys

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sts import STSClient

    from tests.support.cloud import Cloud

    Process = Callable[[str, str], Any]

ROLES = {"tenant": "TenantRoleArn", "platform": "PlatformRoleArn", "console": "ConsoleRoleArn", "lake": "LakeRoleArn"}
ALLOWED = {
    ("web", "tenant"),
    ("web", "console"),
    ("worker", "tenant"),
    ("worker", "platform"),
    ("operator", "tenant"),
    ("operator", "platform"),
    ("worker", "lake"),
    ("operator", "lake"),
}
MALFORMED = ["*", "a*", "es?", "a#b", "ES-1", "escuelA", "a", "-ab", "a b", "a_b", "a.b", "a/b", "a:b", "a" * 32, ""]


@pytest.fixture
def as_process(cloud: Cloud) -> Process:
    """A client of a service, signed as one of the processes."""

    def client(profile: str, service: str) -> Any:
        session = boto3.Session(profile_name=profile, region_name="us-east-1")
        return session.client(service, endpoint_url=cloud.emulator.endpoint_url)  # type: ignore[call-overload]

    return client


def _assume(sts: STSClient, role_arn: str, *tags: tuple[str, str]) -> dict[str, str]:
    answer = sts.assume_role(
        RoleArn=role_arn, RoleSessionName="test", Tags=[{"Key": key, "Value": value} for key, value in tags]
    )["Credentials"]
    return {
        "aws_access_key_id": answer["AccessKeyId"],
        "aws_secret_access_key": answer["SecretAccessKey"],
        "aws_session_token": answer["SessionToken"],
    }


def _lake_of(cloud: Cloud, as_process: Process, school_id: str) -> S3Client:
    """S3 with one school's credentials."""
    keys = _assume(as_process("web", "sts"), cloud.outputs["TenantRoleArn"], ("school_id", school_id))
    client: S3Client = cloud.emulator.client("s3", **keys)
    return client


def _denied(call: Callable[[], object]) -> bool:
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"AccessDenied", "AccessDeniedException"}:
            raise
        return True
    return False


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("profile", access_keys.PROFILES)
def test_process_takes_on_only_its_own_scopes(cloud: Cloud, as_process: Process, profile: str, role: str) -> None:
    tags = [("school_id", "escuela-1")] if role in {"tenant", "lake"} else []
    sts = as_process(profile, "sts")
    denied = _denied(lambda: _assume(sts, cloud.outputs[ROLES[role]], *tags))
    assert denied == ((profile, role) not in ALLOWED)


@pytest.mark.parametrize("profile", access_keys.PROFILES)
def test_process_itself_reaches_no_item(cloud: Cloud, as_process: Process, profile: str) -> None:
    dynamodb = as_process(profile, "dynamodb")
    table = cloud.outputs["TableName"]
    key = {"pk": {"S": "SCHOOL#escuela-1"}, "sk": {"S": "x"}}
    assert _denied(lambda: dynamodb.get_item(TableName=table, Key=key))
    assert _denied(lambda: dynamodb.put_item(TableName=table, Item=key))
    assert _denied(lambda: dynamodb.scan(TableName=table))
    assert _denied(lambda: dynamodb.describe_table(TableName=table))


def _calls(cloud: Cloud, as_process: Process, profile: str) -> dict[str, Callable[[], object]]:
    """What processes do outside the table, tried as one of them."""
    outputs = cloud.outputs
    sqs, cognito = as_process(profile, "sqs"), as_process(profile, "cognito-idp")
    queues = {name: outputs[f"{queue}QueueUrl"] for name, queue in QUEUES.items()}
    dead = outputs["BehaviorDlqUrl"]
    calls: dict[str, Callable[[], object]] = {}
    for name, url in queues.items():
        calls[f"send {name}"] = partial(sqs.send_message, QueueUrl=url, MessageBody="{}")
        calls[f"measure {name}"] = partial(sqs.get_queue_attributes, QueueUrl=url, AttributeNames=["All"])
        calls[f"receive {name}"] = partial(sqs.receive_message, QueueUrl=url, WaitTimeSeconds=0, VisibilityTimeout=0)
    return {
        **calls,
        "delete queue": partial(sqs.delete_queue, QueueUrl=dead),
        "read dead letters": partial(sqs.receive_message, QueueUrl=dead, WaitTimeSeconds=0),
        "list accounts": partial(cognito.list_users, UserPoolId=outputs["UserPoolId"]),
        "delete pool": partial(cognito.delete_user_pool, UserPoolId=outputs["UserPoolId"]),
        "read outputs": partial(as_process(profile, "cloudformation").describe_stacks, StackName="libreta-test"),
        "list lake": partial(as_process(profile, "s3").list_objects_v2, Bucket=outputs["LakeBucket"]),
        "make a key": partial(as_process(profile, "iam").create_access_key, UserName="libreta-test-operator"),
    }


QUEUES = {"events": "Behavior", "sync": "Govsync", "nightly": "Maintenance"}
SEND = {"send events", "send sync", "measure events", "measure sync"}
SEND_NIGHTLY = {"send nightly", "measure nightly"}
MAY = {
    "web": SEND,
    "worker": SEND | SEND_NIGHTLY | {"receive events", "receive sync", "receive nightly"},
    "operator": SEND | SEND_NIGHTLY | {"read dead letters", "list accounts", "read outputs"},
}


@pytest.mark.parametrize("profile", access_keys.PROFILES)
def test_process_may_do_its_work_and_no_more(cloud: Cloud, as_process: Process, profile: str) -> None:
    allowed = {name for name, call in _calls(cloud, as_process, profile).items() if not _denied(call)}
    for queue in QUEUES.values():
        cloud.root("sqs").purge_queue(QueueUrl=cloud.outputs[f"{queue}QueueUrl"])
    assert allowed == MAY[profile]


@pytest.mark.parametrize("school_id", ["ab", "escuela-1", "0", "a" * 31])
def test_school_id_opens_the_tenant_role(cloud: Cloud, as_process: Process, school_id: str) -> None:
    denied = _denied(
        lambda: _assume(as_process("web", "sts"), cloud.outputs["TenantRoleArn"], ("school_id", school_id))
    )
    assert denied == (len(school_id) < 2)


@pytest.mark.parametrize("school_id", MALFORMED)
def test_malformed_school_id_does_not(cloud: Cloud, as_process: Process, school_id: str) -> None:
    with pytest.raises(ClientError) as caught:
        _assume(as_process("web", "sts"), cloud.outputs["TenantRoleArn"], ("school_id", school_id))
    assert caught.value.response["Error"]["Code"] in {"AccessDenied", "ValidationError"}


@pytest.mark.parametrize(
    "tags",
    [[], [("School_Id", "escuela-1")], [("school_id", "escuela-1"), ("role", "admin")], [("role", "admin")]],
    ids=["none", "other-case", "one-too-many", "other"],
)
def test_other_tags_do_not_open_the_tenant_role(cloud: Cloud, as_process: Process, tags: list[tuple[str, str]]) -> None:
    assert _denied(lambda: _assume(as_process("web", "sts"), cloud.outputs["TenantRoleArn"], *tags))


def test_tag_does_not_open_the_console_role(cloud: Cloud, as_process: Process) -> None:
    sts = as_process("web", "sts")
    assert _denied(lambda: _assume(sts, cloud.outputs["ConsoleRoleArn"], ("school_id", "escuela-1")))


def test_tenant_reads_only_its_own_folder_of_the_lake(
    cloud: Cloud, as_process: Process, school_id: str, other_school_id: str
) -> None:
    bucket = cloud.outputs["LakeBucket"]
    root = cloud.root("s3")
    keys = {name: f"grades/year=2026/month=03/school={name}/f" for name in (school_id, other_school_id)}
    for key in keys.values():
        root.put_object(Bucket=bucket, Key=key, Body=b"x")
    s3 = _lake_of(cloud, as_process, school_id)
    assert s3.get_object(Bucket=bucket, Key=keys[school_id])["Body"].read() == b"x"
    assert _denied(lambda: s3.get_object(Bucket=bucket, Key=keys[other_school_id]))
    assert _denied(lambda: s3.put_object(Bucket=bucket, Key=keys[school_id], Body=b"y"))


def test_tenant_writes_only_its_own_query_results(
    cloud: Cloud, as_process: Process, school_id: str, other_school_id: str
) -> None:
    bucket = cloud.outputs["LakeBucket"]
    s3 = _lake_of(cloud, as_process, school_id)
    s3.put_object(Bucket=bucket, Key=f"athena-results/school={school_id}/r", Body=b"x")
    assert _denied(lambda: s3.put_object(Bucket=bucket, Key=f"athena-results/school={other_school_id}/r", Body=b"x"))


def test_tenant_lists_only_its_own_folder(
    cloud: Cloud, as_process: Process, school_id: str, other_school_id: str
) -> None:
    bucket = cloud.outputs["LakeBucket"]
    s3 = _lake_of(cloud, as_process, school_id)
    s3.list_objects_v2(Bucket=bucket, Prefix=f"events/year=2026/month=03/school={school_id}/")
    assert _denied(lambda: s3.list_objects_v2(Bucket=bucket, Prefix="events/"))
    assert _denied(lambda: s3.list_objects_v2(Bucket=bucket))
    other = f"events/year=2026/month=03/school={other_school_id}/"
    assert _denied(lambda: s3.list_objects_v2(Bucket=bucket, Prefix=other))
