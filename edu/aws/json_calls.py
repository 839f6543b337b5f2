"""Calls of DynamoDB and SQS without what botocore does for any service's: a third of what a call costs (ADR 0012)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.model import OperationModel

_encode = msgspec.json.Encoder().encode


def send_as_it_is(client: Any) -> None:  # noqa: ANN401 - a client of any service
    """Let a client of a JSON service send each call's arguments as they are, to the endpoint that it was made for.

    The arguments have the service's own wire form (for DynamoDB ``edu.dynamo.mapping``), which botocore would take
    apart by its model and put together again; and it would work out the endpoint anew, from the names of tables for
    endpoints by account, which are off (``edu.aws.clients``).
    """
    client._serializer = AsItIs(client._serializer)  # noqa: SLF001 - there is no public way
    client._ruleset_resolver = None  # noqa: SLF001 - the same: then botocore takes the client's own endpoint


class AsItIs:
    """Serializes a call of JSON protocol without its model, in the stead of botocore's ``own`` serializer.

    Raises:
        KeyError: by ``serialize_to_request``, for an argument that the operation does not have.
    """

    def __init__(self, own: Any) -> None:  # noqa: ANN401 - botocore has no stubs for it
        self.own = own

    def serialize_to_request(self, parameters: Mapping[str, Any], operation: OperationModel) -> dict[str, Any]:
        """The request as botocore goes on with it."""
        for name in parameters.keys() - _names_of(operation):
            raise KeyError(name)
        try:
            body = _encode(parameters)
        except (TypeError, UnicodeEncodeError):  # DynamoDB refuses it as it did
            request: dict[str, Any] = self.own.serialize_to_request(parameters, operation)
            return request
        return {
            "url_path": "/",
            "query_string": "",
            "method": "POST",
            "headers": dict(_headers_of(operation)),
            "body": body,
        }


@cache
def _headers_of(operation: OperationModel) -> tuple[tuple[str, str], ...]:
    about = operation.metadata
    target = f"{about['targetPrefix']}.{operation.name}"
    headers = ("X-Amz-Target", target), ("Content-Type", f"application/x-amz-json-{about['jsonVersion']}")
    return (*headers, ("x-amzn-query-mode", "true")) if "awsQueryCompatible" in about else headers


@cache
def _names_of(operation: OperationModel) -> frozenset[str]:
    return frozenset(operation.input_shape.members) if operation.input_shape else frozenset()
