"""Whether an error means that AWS, or the emulator in its place, could not be reached at all."""

from __future__ import annotations

from botocore.exceptions import ConnectionClosedError, ConnectTimeoutError, EndpointConnectionError

_CONNECTION_ERRORS = (EndpointConnectionError, ConnectTimeoutError, ConnectionClosedError)


def is_unreachable(error: BaseException) -> bool:
    """Whether the error, or one that caused it, is botocore's for an endpoint that does not answer."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, _CONNECTION_ERRORS):
            return True
        cause = cause.__cause__
    return False
