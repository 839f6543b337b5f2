"""The template on its way to CloudFormation: by a bucket, since a call takes 51,200 bytes and an object 1 MB.

The bucket is made here and not by the template, which has to be read from it first. Nothing secret is in a template;
the bucket is closed to the public all the same, and forgets what is older than a month.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CreateBucketRequestTypeDef

TEMPLATE_PATH: Final = Path(__file__).resolve().parents[1] / "data-plane.yaml"
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
MAX_BYTES: Final = 1_000_000
KEPT_DAYS: Final = 30
_OURS: Final = "BucketAlreadyOwnedByYou"
_DEFAULT_REGION: Final = "us-east-1"  # the one that must not be named


def upload_template(s3: S3Client, template: str, *, env: str, account: str) -> str:
    """Put the template into the environment's bucket, made when there is none, and return its URL. Idempotent.

    The object's name is its content's digest: who deploys at the same time reads what they wrote.

    Raises:
        ClientError, BotoCoreError: S3 refuses, or the bucket's name is another account's.
    """
    bucket, body = f"libreta-{env}-templates-{account}", template.encode()
    _ensure_bucket(s3, bucket)
    name = f"{hashlib.sha256(body).hexdigest()}.yaml"
    s3.put_object(Bucket=bucket, Key=name, Body=body, ContentType="application/yaml", ExpectedBucketOwner=account)
    return f"{s3.meta.endpoint_url}/{bucket}/{name}"


def _ensure_bucket(s3: S3Client, bucket: str) -> None:
    wanted: CreateBucketRequestTypeDef = {"Bucket": bucket}
    if s3.meta.region_name != _DEFAULT_REGION:
        wanted["CreateBucketConfiguration"] = {"LocationConstraint": s3.meta.region_name}  # type: ignore[typeddict-item] # any region's
    try:
        s3.create_bucket(**wanted)
    except ClientError as error:
        if error.response["Error"]["Code"] != _OURS:
            raise
    s3.put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )
    s3.put_bucket_lifecycle_configuration(
        Bucket=bucket,
        LifecycleConfiguration={
            "Rules": [{"ID": "month", "Filter": {"Prefix": ""}, "Status": "Enabled", "Expiration": {"Days": KEPT_DAYS}}]
        },
    )
