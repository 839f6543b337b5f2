"""The engine under the adapter's suite: the emulator with IAM, or the one ``--dynamodb-endpoint`` names, without."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.credentials import ReadOnlyCredentials
from django.conf import settings

from edu.aws import clients, credentials, scoped_clients
from edu.aws.endpoint import check_endpoint
from edu.tenancy import enter_school

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edu.tenancy import Scope

_KEYS = ReadOnlyCredentials("dynamodblocal", "dynamodblocal", None)


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of the engine whose table the settings name."""
    endpoint = request.config.getoption("--dynamodb-endpoint")
    if not endpoint:
        request.getfixturevalue("cloud")
        yield "emulator"
        return
    settings.AWS_ENDPOINT_URL = check_endpoint("local", endpoint)
    settings.TABLE_NAME = "libreta-engine"
    credentials.sessions = credentials.SessionCache(_without_iam)
    clients.forget_clients()
    scoped_clients.forget_scoped_clients()
    _create_table(endpoint)
    yield "dynamodb-local"


@pytest.fixture
def in_school(engine: str, school_id: str) -> Iterator[str]:  # noqa: ARG001 - the engine must stand
    """The test runs inside the school's scope, on whichever engine."""
    with enter_school(school_id):
        yield school_id


def _without_iam(_scope: Scope) -> credentials.Session:
    return credentials.Session(_KEYS, datetime(2100, 1, 1, tzinfo=UTC))


def _create_table(endpoint: str) -> None:
    client = boto3.Session().client(
        "dynamodb", endpoint_url=endpoint, aws_access_key_id=_KEYS.access_key, aws_secret_access_key=_KEYS.secret_key
    )
    client.create_table(
        TableName=settings.TABLE_NAME,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "gsi1pk", "gsi1sk")
        ],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "gsi1",
                "KeySchema": [
                    {"AttributeName": "gsi1pk", "KeyType": "HASH"},
                    {"AttributeName": "gsi1sk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
