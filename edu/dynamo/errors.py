"""DynamoDB's errors in our words, translated once, here."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from botocore.parsers import ResponseParserError

from edu.aws.credentials import CredentialsUnavailableError, drop_current_session
from edu.dynamo.boundaries import is_schools_own
from edu.dynamo.mapping import from_item
from edu.errors import ConflictError, LibretaError, UnavailableError
from edu.logs import get_logger
from edu.metrics import COUNT, embedded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edu.dynamo.mapping import Attributes

_BUSY = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)
_HELD_UP = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})  # nothing written yet
_SERVER_ERROR = 500
_DENIED = frozenset({"AccessDenied", "AccessDeniedException"})
_STALE = frozenset({"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"})
_log = get_logger(__name__)


class StoreUnavailableError(UnavailableError):
    """The table is throttled or does not answer; a write's outcome is then unknown, and repeating it must be safe."""

    code = "store_unavailable"


class AccessDeniedError(LibretaError):
    """IAM refused: the code tried to leave its scope. Never handled, always an alarm.

    A school that is refused partitions of its own has lost its session (``AWSRevokeOlderSessions``, a role edited):
    that is ``CredentialsUnavailableError``, with the same alarm, and its next call asks STS for a new session.
    """

    code = "access_denied"


class StoreError(LibretaError):
    """The table refused a call as malformed: a bug of ours."""

    code = "store_error"


class ConditionFailedError(ConflictError):
    """A write's condition did not hold, and nothing was written.

    ``failed`` maps the name of each action whose condition failed, in the transaction's order, to the item found there
    (``None``: none there). An action that was given no name goes by its position.
    """

    code = "condition_failed"

    def __init__(self, failed: Mapping[Any, Attributes | None]) -> None:
        super().__init__()
        self.failed: dict[Any, Attributes | None] = dict(failed)


class TransactionConflictError(StoreUnavailableError):
    """Another transaction held one of the items; nothing was written."""

    code = "transaction_conflict"


@contextmanager
def translated(*partitions: str) -> Iterator[None]:
    """Turn botocore's errors inside the block into ours, keeping the cause.

    ``partitions`` are those the call names: by them a refusal of one's own (a revoked session) is told from one of
    another's (see ``AccessDeniedError``).
    """
    try:
        yield
    except ClientError as error:
        raise _translate(error.response, partitions) from error
    except ParamValidationError:
        raise StoreError("ParamValidationError") from None  # its message repeats the values, which may be a child's
    except (BotoCoreError, ResponseParserError) as error:
        raise StoreUnavailableError(type(error).__name__) from error


def _translate(response: Any, partitions: tuple[str, ...]) -> LibretaError:  # noqa: ANN401 - shape depends on its code
    code = response["Error"]["Code"]
    if code == "ConditionalCheckFailedException":
        return ConditionFailedError({0: _found(response)})
    if code == "TransactionCanceledException":
        return _cancelled(response.get("CancellationReasons") or [])
    if code in {"TransactionConflictException", "ReplicatedWriteConflictException"}:
        return TransactionConflictError(code)
    if code in _STALE | _DENIED:
        drop_current_session()  # denied: it may have been revoked by a policy; this call stays refused all the same
        return CredentialsUnavailableError(code) if code in _STALE else _denied(code, partitions)
    if code in _BUSY or response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= _SERVER_ERROR:
        return StoreUnavailableError(code)
    return StoreError(code)


def _denied(code: str, partitions: tuple[str, ...]) -> LibretaError:
    """A refusal, with the metric that alarms. A school that is refused its own partitions has not tried to cross."""
    own = bool(partitions) and all(map(is_schools_own, partitions))
    kind = "own" if own else "foreign"
    _log.critical("access denied", partitions=kind, **embedded("AccessDenied", 1, COUNT, Partitions=kind))
    return CredentialsUnavailableError(code) if own else AccessDeniedError(code)


def _cancelled(reasons: list[Any]) -> LibretaError:
    codes = {r.get("Code") for r in reasons} - {"None", None}
    if codes <= _HELD_UP | {"ConditionalCheckFailed"} and codes & _HELD_UP:
        # a condition that failed beside it is half an answer: what it met may be this write's own first try
        busy = StoreUnavailableError if codes & _HELD_UP - {"TransactionConflict"} else TransactionConflictError
        return busy(",".join(sorted(codes & _HELD_UP)))
    failed = {n: _found(r) for n, r in enumerate(reasons) if r.get("Code") == "ConditionalCheckFailed"}
    if failed:
        return ConditionFailedError(failed)
    return StoreError(",".join(sorted(codes)) or "TransactionCanceledException")


def _found(part: Any) -> Attributes | None:  # noqa: ANN401 - the service's error, whose shape depends on its code
    return from_item(part["Item"]) if part.get("Item") else None
