"""A stock client with one school's credentials: what raw writes are measured with."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deploy.local.run import LocalSystem


def writer_of(system: LocalSystem, stack: Mapping[str, str], school_id: str) -> Any:
    """A boto3 client of DynamoDB that signs as a worker in the scope of a school."""
    os.environ["AWS_SHARED_CREDENTIALS_FILE"] = str(system.layout.state_dir / "aws-credentials")
    where: Any = {"endpoint_url": system.layout.ports.url("emulator"), "region_name": "us-east-1"}
    sts: Any = boto3.Session(profile_name="worker").client("sts", **where)
    keys = sts.assume_role(
        RoleArn=stack["LIBRETA_TENANT_ROLE_ARN"],
        RoleSessionName="bench",
        Tags=[{"Key": "school_id", "Value": school_id}],
    )["Credentials"]
    session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    return session.client("dynamodb", **where)
