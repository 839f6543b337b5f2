"""Whether an error comes of a cloud that does not answer at all."""

from __future__ import annotations

from botocore.exceptions import ConnectionClosedError, ConnectTimeoutError, EndpointConnectionError

_SILENCE = (EndpointConnectionError, ConnectTimeoutError, ConnectionClosedError)


def is_unreachable(error: BaseException) -> bool:
    """Whether the error, or one that caused it, is botocore's for an endpoint nobody answers at."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, _SILENCE):
            return True
        cause = cause.__cause__
    return False
