"""boto3 clients that sign each call with the credentials of the scope in force: one per service and process."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
import botocore.session

from edu.aws.clients import make_client
from edu.aws.credentials import ScopedCredentials
from edu.aws.json_calls import send_as_it_is
from edu.aws.signing import JSON_CALLS

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client


@overload
def scoped_client(service: Literal["dynamodb"]) -> DynamoDBClient: ...
@overload
def scoped_client(service: Literal["athena"]) -> AthenaClient: ...
@overload
def scoped_client(service: Literal["s3"]) -> S3Client: ...
def scoped_client(service: str) -> Any:
    """A client whose every call is signed with the current scope's credentials; outside a scope it raises.

    One client serves all schools: 50 sessions would cost seconds and hundreds of MiB.
    """
    return _scoped_client(service)


def forget_scoped_clients() -> None:
    """Drop every scoped client, so that the next call makes one from the settings as they are then."""
    _scoped_client.cache_clear()


os.register_at_fork(after_in_child=forget_scoped_clients)  # as in edu.aws.clients


@cache
def _scoped_client(service: str) -> Any:  # noqa: ANN401 - any client
    session = botocore.session.Session()
    # before any client exists, so that each holder (signer, endpoint resolver) sees it
    session._credentials = ScopedCredentials()  # type: ignore[attr-defined]  # noqa: SLF001 - there is no public way
    # a tenth of a write's processor time would go into checking what only edu.dynamo puts together, so the tests check
    # the calls they make instead (tests/support/call_shapes.py); what DynamoDB does not know still fails (ADR 0012)
    extra: dict[str, Any] = (
        {"parameter_validation": False, "signature_version": JSON_CALLS} if service == "dynamodb" else {}
    )
    if service == "s3":
        extra = {"signature_version": "s3v4"}  # of signed addresses too: theirs would else be of version 2
    client = make_client(boto3.Session(botocore_session=session), service, **extra)
    if service == "dynamodb":
        send_as_it_is(client)
    return client
