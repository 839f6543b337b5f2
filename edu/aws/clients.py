"""boto3 clients: one per service and process, shared by all threads, with the endpoint given to each explicitly.

``service_client`` signs as the process itself (its ECS role, or its IAM user on the emulator), which may assume roles
and use queues but not touch the table. Clients that sign for a scope stand in ``edu.aws.scoped_clients``.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from django.conf import settings

from edu.deadlines import check_deadline

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient

CONNECT_TIMEOUT_S = 2
READ_TIMEOUT_S = 5


def client_config(**extra: Any) -> Config:  # noqa: ANN401 - botocore's own keyword arguments
    """The settings every client shares: pooled kept-alive connections, short timeouts, three attempts.

    ``extra`` adds to them or stands in their place.
    """
    shared: dict[str, Any] = {
        "region_name": settings.AWS_REGION,
        "max_pool_connections": settings.AWS_POOL_CONNECTIONS,
        "connect_timeout": CONNECT_TIMEOUT_S,
        "read_timeout": READ_TIMEOUT_S,
        "retries": {"mode": "standard", "total_max_attempts": 3},
        "tcp_keepalive": True,
        "user_agent": "libreta",  # botocore would put a longer one together, twice a call
        "ignore_configured_endpoint_urls": True,
        "account_id_endpoint_mode": "disabled",
    }
    return Config(**(shared | extra))


@overload
def service_client(service: Literal["sts"]) -> STSClient: ...
@overload
def service_client(service: Literal["sqs"]) -> SQSClient: ...
@overload
def service_client(service: Literal["s3"]) -> S3Client: ...
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


def forget_clients() -> None:
    """Drop every client made here, so that the next call makes one from the settings as they are then."""
    _service_client.cache_clear()
    public_cognito_client.cache_clear()


# two processes on one connection would read each other's answers
os.register_at_fork(after_in_child=forget_clients)


def new_service_client(service: str, **extra: Any) -> Any:  # noqa: ANN401 - any client
    """The same as ``service_client``, but with settings of its own, and not kept here."""
    return make_client(boto3.Session(profile_name=os.environ.get("AWS_PROFILE")), service, **extra)


@cache
def _service_client(service: str, profile: str | None) -> Any:  # noqa: ANN401 - any client
    return make_client(boto3.Session(profile_name=profile), service)


def make_client(session: boto3.Session, service: str, **extra: Any) -> Any:  # noqa: ANN401 - any client
    """A client of a session for the checked endpoint; ``extra`` as for ``client_config``. Not kept here.

    Each attempt of each call checks the deadline of the task that makes it (``edu.deadlines``).
    """
    arguments: dict[str, Any] = {"endpoint_url": settings.AWS_ENDPOINT_URL, "config": client_config(**extra)}
    client = session.client(service, **arguments)  # type: ignore[call-overload]  # a name known only at run time
    client.meta.events.register("before-send", check_deadline)
    return client
