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
    endpoints by account, which are off (``edu.aws.clients``). And each request leaves in one piece.
    """
    client._serializer = AsItIs(client._serializer)  # noqa: SLF001 - there is no public way
    client._ruleset_resolver = None  # noqa: SLF001 - the same: then botocore takes the client's own endpoint
    pools = client._endpoint.http_session._manager.pool_classes_by_scheme  # noqa: SLF001 - the same
    pools |= {scheme: _in_one_piece(pool) for scheme, pool in pools.items()}


class _InOnePiece:
    """A connection that sends head and body together: urllib3 sends them one after the other, in two system calls.

    The receiver is woken once, and no small head waits for its acknowledgement (botocore did so until urllib3 2).
    """

    _held: list[bytes] | None = None

    def request(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as it is
        """Send one request."""
        self._held = []
        try:
            super().request(*args, **kwargs)  # type: ignore[misc]
            held = self._held
        finally:
            self._held = None
        super().send(b"".join(held))  # type: ignore[misc]

    def send(self, data: Any) -> None:  # noqa: ANN401 - as it is
        """Keep what is part of the request, until it is whole."""
        if self._held is None:
            super().send(data)  # type: ignore[misc]
        else:
            self._held.append(data)


@cache
def _in_one_piece(pool: type) -> type:
    """A pool like the given one, whose connections send in one piece."""
    connection = type(f"InOnePiece{pool.ConnectionCls.__name__}", (_InOnePiece, pool.ConnectionCls), {})  # type: ignore[attr-defined]
    return type(f"InOnePiece{pool.__name__}", (pool,), {"ConnectionCls": connection})


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
