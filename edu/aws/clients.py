"""boto3 clients: one per service and process, shared by all threads, with the endpoint given to each explicitly.

``service_client`` signs as the process itself (its ECS role, or its IAM user on the emulator), which may assume roles
and use queues but not touch the table. ``scoped_client`` signs each call with the credentials of the scope in force.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
import botocore.session
from botocore import UNSIGNED
from botocore.config import Config
from django.conf import settings

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient

CONNECT_TIMEOUT_S = 2
READ_TIMEOUT_S = 5


def client_config(**extra: Any) -> Config:  # noqa: ANN401 - botocore's own keyword arguments
    """The settings every client shares: pooled kept-alive connections, short timeouts, three attempts."""
    return Config(
        region_name=settings.AWS_REGION,
        max_pool_connections=settings.AWS_POOL_CONNECTIONS,
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=READ_TIMEOUT_S,
        retries={"mode": "standard", "total_max_attempts": 3},
        tcp_keepalive=True,
        user_agent="libreta",  # botocore would put a longer one together, twice a call
        ignore_configured_endpoint_urls=True,  # type: ignore[call-arg]  # the stubs lag behind botocore
        account_id_endpoint_mode="disabled",
        **extra,
    )


@overload
def service_client(service: Literal["sts"]) -> STSClient: ...
@overload
def service_client(service: Literal["sqs"]) -> SQSClient: ...
@overload
def service_client(service: Literal["cognito-idp"]) -> CognitoIdentityProviderClient: ...
def service_client(service: str) -> Any:
    """A client signed with the process's own credentials: those of ``AWS_PROFILE``, where it is set."""
    return _service_client(service, os.environ.get("AWS_PROFILE"))


@cache
def public_cognito_client() -> CognitoIdentityProviderClient:
    """Cognito's public calls (signing in), which carry no AWS signature."""
    return boto3.Session().client(
        "cognito-idp", endpoint_url=settings.AWS_ENDPOINT_URL, config=client_config(signature_version=UNSIGNED)
    )


@overload
def scoped_client(service: Literal["dynamodb"]) -> DynamoDBClient: ...
@overload
def scoped_client(service: Literal["athena"]) -> AthenaClient: ...
@overload
def scoped_client(service: Literal["s3"]) -> S3Client: ...
def scoped_client(service: str) -> Any:
    """A client whose every call is signed with the current scope's credentials; outside a scope it raises.

    One client serves all schools: 50 sessions would cost seconds and hundreds of MiB (DESIGN D9).
    """
    return _scoped_client(service)


def forget_clients() -> None:
    """Drop every client, so that the next call makes one from the settings as they are then."""
    _service_client.cache_clear()
    _scoped_client.cache_clear()
    public_cognito_client.cache_clear()


@cache
def _service_client(service: str, profile: str | None) -> Any:  # noqa: ANN401 - any client
    return _client(boto3.Session(profile_name=profile), service)


@cache
def _scoped_client(service: str) -> Any:  # noqa: ANN401 - any client
    from edu.aws.credentials import ScopedCredentials  # noqa: PLC0415 - it needs service_client from here

    session = botocore.session.Session()
    # before any client exists, so that each holder (signer, endpoint resolver) sees it
    session._credentials = ScopedCredentials()  # type: ignore[attr-defined]  # noqa: SLF001 - there is no public way
    # a tenth of a write's processor time would go into checking what only edu.dynamo puts together, so the tests check
    # the calls they make instead (tests/support/call_shapes.py); what DynamoDB does not know still fails (ADR 0012)
    extra = {"parameter_validation": False} if service == "dynamodb" else {}
    return _client(boto3.Session(botocore_session=session), service, **extra)


def _client(session: boto3.Session, service: str, **extra: Any) -> Any:  # noqa: ANN401 - any client
    arguments: dict[str, Any] = {"endpoint_url": settings.AWS_ENDPOINT_URL, "config": client_config(**extra)}
    return session.client(service, **arguments)  # type: ignore[call-overload]  # a name known only at run time
