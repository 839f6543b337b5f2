"""Verifies the table and the lake's bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from deploy.stack.verification.mismatch import Mismatch, differences

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import TableDescriptionTypeDef
    from mypy_boto3_s3 import S3Client

    from deploy.stack.verification.expected import Expected


def check_table(dynamodb: DynamoDBClient, table_name: str, expected: Expected) -> list[Mismatch]:
    """Keys, index, stream, time to live, point-in-time recovery, encryption, deletion protection."""
    table = dynamodb.describe_table(TableName=table_name)["Table"]
    live = dynamodb.describe_time_to_live(TableName=table_name)["TimeToLiveDescription"]
    backups = dynamodb.describe_continuous_backups(TableName=table_name)["ContinuousBackupsDescription"]
    recovery = backups.get("PointInTimeRecoveryDescription", {})
    return differences(
        f"table {table_name}",
        {
            "keys": ["pk", "sk"],
            "indexes": {"gsi1": (["gsi1pk", "gsi1sk"], "ALL")},
            "billing": "PAY_PER_REQUEST",
            "stream": expected.stream_view,
            "time to live on": expected.ttl_attribute,
            "time to live is on": True,
            "point-in-time recovery": "ENABLED",
            "encryption with a KMS key": "ENABLED",
            "deletion protection": expected.protected,
        },
        {
            "keys": [key["AttributeName"] for key in table.get("KeySchema", [])],
            "indexes": _indexes(table),
            "billing": table.get("BillingModeSummary", {}).get("BillingMode"),
            "stream": table.get("StreamSpecification", {}).get("StreamViewType"),
            "time to live on": live.get("AttributeName"),
            "time to live is on": live.get("TimeToLiveStatus") in {"ENABLED", "ENABLING"},
            "point-in-time recovery": recovery.get("PointInTimeRecoveryStatus"),
            "encryption with a KMS key": table.get("SSEDescription", {}).get("Status"),
            "deletion protection": table.get("DeletionProtectionEnabled", False),
        },
    )


def _indexes(table: TableDescriptionTypeDef) -> dict[str, tuple[list[str], str]]:
    return {
        index["IndexName"]: (
            [key["AttributeName"] for key in index["KeySchema"]],
            index["Projection"]["ProjectionType"],
        )
        for index in table.get("GlobalSecondaryIndexes", [])
    }


def check_lake(s3: S3Client, bucket: str, expected: Expected) -> list[Mismatch]:
    """Retention of each folder, encryption, versions, and that nothing can be made public."""
    lifecycle = _or_empty(lambda: s3.get_bucket_lifecycle_configuration(Bucket=bucket))
    encryption = _or_empty(lambda: s3.get_bucket_encryption(Bucket=bucket))
    public = _or_empty(lambda: s3.get_public_access_block(Bucket=bucket))
    rules = encryption.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    block = public.get("PublicAccessBlockConfiguration", {})
    return differences(
        f"bucket {bucket}",
        {
            "retention in days": dict(expected.lake_retention_days),
            "encryption": ["AES256"],
            "versions": "Enabled",
            "public access blocked": True,
        },
        {
            "retention in days": {
                rule.get("Filter", {}).get("Prefix", ""): rule.get("Expiration", {}).get("Days")
                for rule in lifecycle.get("Rules", [])
                if rule["Status"] == "Enabled"
            },
            "encryption": [rule.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm") for rule in rules],
            "versions": s3.get_bucket_versioning(Bucket=bucket).get("Status"),
            "public access blocked": all(block.get(name) for name in _PUBLIC_ACCESS),
        },
    )


_PUBLIC_ACCESS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
_NOT_CONFIGURED = frozenset(
    {
        "NoSuchLifecycleConfiguration",
        "NoSuchPublicAccessBlockConfiguration",
        "ServerSideEncryptionConfigurationNotFoundError",
    }
)


def _or_empty(read: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
    """What ``read`` gives; nothing when S3 says that the bucket has no such configuration."""
    try:
        return read()
    except ClientError as error:
        if error.response["Error"]["Code"] in _NOT_CONFIGURED:
            return {}
        raise
