"""The template's way to CloudFormation, without a cloud: which bucket, which object, and what is not ours."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber

from deploy.stack.template import upload_template

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT, BUCKET = "123456789012", "libreta-test-templates-123456789012"
NAME = f"{hashlib.sha256(b'Resources: {}').hexdigest()}.yaml"


@pytest.fixture
def s3(request: pytest.FixtureRequest) -> Any:
    region = getattr(request, "param", "us-east-1")
    return boto3.Session().client("s3", region_name=region, aws_access_key_id="unused", aws_secret_access_key="unused")


@pytest.fixture
def answers(s3: Any) -> Iterator[Stubber]:
    with Stubber(s3) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def closed_and_written(answers: Stubber) -> None:
    answers.add_response("put_public_access_block", {}, {"Bucket": BUCKET, "PublicAccessBlockConfiguration": ANY})
    answers.add_response("put_bucket_lifecycle_configuration", {}, {"Bucket": BUCKET, "LifecycleConfiguration": ANY})
    written = {"Bucket": BUCKET, "Key": NAME, "Body": b"Resources: {}", "ContentType": "application/yaml"}
    answers.add_response("put_object", {}, written | {"ExpectedBucketOwner": ACCOUNT})


def test_object_is_named_by_its_content_in_a_bucket_of_the_account(s3: Any, answers: Stubber) -> None:
    answers.add_response("create_bucket", {}, {"Bucket": BUCKET})
    closed_and_written(answers)
    url = upload_template(s3, "Resources: {}", env="test", account=ACCOUNT)
    assert url == f"{s3.meta.endpoint_url}/{BUCKET}/{NAME}"


@pytest.mark.parametrize("s3", ["sa-east-1"], indirect=True)
def test_bucket_is_in_the_stacks_region_and_may_be_there(s3: Any, answers: Stubber) -> None:
    wanted = {"Bucket": BUCKET, "CreateBucketConfiguration": {"LocationConstraint": "sa-east-1"}}
    answers.add_client_error("create_bucket", "BucketAlreadyOwnedByYou", expected_params=wanted)
    closed_and_written(answers)
    assert upload_template(s3, "Resources: {}", env="test", account=ACCOUNT).endswith(f"{BUCKET}/{NAME}")


def test_bucket_of_another_account_is_not_written_into(s3: Any, answers: Stubber) -> None:
    answers.add_client_error("create_bucket", "BucketAlreadyExists", "taken")
    with pytest.raises(ClientError, match="taken"):
        upload_template(s3, "Resources: {}", env="test", account=ACCOUNT)
