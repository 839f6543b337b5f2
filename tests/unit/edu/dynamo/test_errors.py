"""Each of DynamoDB's errors becomes one of ours, and none of them a success."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    ParamValidationError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from edu.aws.credentials import CredentialsUnavailableError
from edu.dynamo.errors import (
    AccessDeniedError,
    ConditionFailedError,
    StoreError,
    StoreUnavailableError,
    TransactionConflictError,
    translated,
)
from edu.errors import LibretaError, NotFoundError

FAILED = {"Code": "ConditionalCheckFailed", "Item": {"version": {"N": "7"}}}
GONE = {"Code": "ConditionalCheckFailed"}
FINE, CONFLICT = {"Code": "None"}, {"Code": "TransactionConflict"}
THROTTLED, INVALID = {"Code": "ThrottlingError"}, {"Code": "ValidationError"}


def _raised(error: Exception) -> LibretaError:
    with pytest.raises(LibretaError) as caught, translated():
        raise error
    return caught.value


def _client_error(code: str, status: int = 400, **more: Any) -> ClientError:
    response = {"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPStatusCode": status}, **more}
    return ClientError(response, "TransactWriteItems")  # type: ignore[arg-type] # errors' own fields


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("AccessDeniedException", AccessDeniedError),
        ("AccessDenied", AccessDeniedError),
        ("UnrecognizedClientException", CredentialsUnavailableError),
        ("ExpiredTokenException", CredentialsUnavailableError),
        ("ProvisionedThroughputExceededException", StoreUnavailableError),
        ("ThrottlingException", StoreUnavailableError),
        ("RequestLimitExceeded", StoreUnavailableError),
        ("InternalServerError", StoreUnavailableError),
        ("ServiceUnavailable", StoreUnavailableError),
        ("TransactionInProgressException", StoreUnavailableError),
        ("TransactionConflictException", TransactionConflictError),
        ("ValidationException", StoreError),
        ("ResourceNotFoundException", StoreError),
        ("IdempotentParameterMismatchException", StoreError),
        ("SomethingNewException", StoreError),
    ],
)
def test_code_becomes_our_error_with_its_cause(code: str, kind: type[LibretaError]) -> None:
    cause = _client_error(code)
    error = _raised(cause)
    assert type(error) is kind
    assert error.__cause__ is cause


@pytest.mark.parametrize("status", [500, 502, 503])
def test_server_failure_of_unknown_code_is_unavailable(status: int) -> None:
    assert type(_raised(_client_error(str(status), status))) is StoreUnavailableError


def test_denied_stays_denied_whatever_the_status() -> None:
    assert type(_raised(_client_error("AccessDeniedException", 500))) is AccessDeniedError


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="http://127.0.0.1:9"),
        ReadTimeoutError(endpoint_url="http://127.0.0.1:9"),
        ConnectionClosedError(endpoint_url="http://127.0.0.1:9"),
        ResponseParserError("not JSON"),
    ],
)
def test_lost_answer_is_unavailable_and_retryable(error: Exception) -> None:
    found = _raised(error)
    assert isinstance(found, StoreUnavailableError)
    assert (found.status, found.retryable) == (503, True)


def test_malformed_call_is_our_bug_and_its_values_are_nowhere() -> None:
    error = _raised(ParamValidationError(report="value: Ana Muñoz, type: <class 'str'>"))
    assert isinstance(error, StoreError)
    assert not error.retryable
    assert error.__cause__ is None
    assert "Muñoz" not in str(error)


def test_our_own_errors_go_through_untouched() -> None:
    ours = NotFoundError()
    assert _raised(ours) is ours


@pytest.mark.parametrize(
    ("reasons", "kind"),
    [
        ([CONFLICT, FINE], TransactionConflictError),
        ([GONE, CONFLICT], TransactionConflictError),
        ([THROTTLED, FINE], StoreUnavailableError),
        ([THROTTLED, FAILED], StoreUnavailableError),
        ([CONFLICT, THROTTLED, FAILED], StoreUnavailableError),
        ([CONFLICT, THROTTLED], StoreUnavailableError),
        ([{"Code": "ProvisionedThroughputExceeded"}], StoreUnavailableError),
        ([INVALID, FINE], StoreError),
        ([INVALID, CONFLICT], StoreError),
        ([THROTTLED, INVALID], StoreError),
        ([FAILED, INVALID], ConditionFailedError),
        ([], StoreError),
        ([FINE], StoreError),
        ([{}], StoreError),
        ([{"Code": "ItemCollectionSizeLimitExceeded"}], StoreError),
    ],
    ids=str,
)
def test_cancelled_transaction_by_its_reasons(reasons: list[dict[str, Any]], kind: type[LibretaError]) -> None:
    assert type(_raised(_client_error("TransactionCanceledException", CancellationReasons=reasons))) is kind


def test_cancelled_transaction_without_reasons_is_a_store_error() -> None:
    assert type(_raised(_client_error("TransactionCanceledException"))) is StoreError


def test_failed_conditions_by_position_with_what_was_found() -> None:
    error = _raised(_client_error("TransactionCanceledException", CancellationReasons=[FINE, FAILED, FINE, GONE]))
    assert isinstance(error, ConditionFailedError)
    assert error.failed == {1: {"version": 7}, 3: None}


def test_single_failed_condition_is_position_zero() -> None:
    error = _raised(_client_error("ConditionalCheckFailedException", Item={"version": {"N": "7"}}))
    assert isinstance(error, ConditionFailedError)
    assert error.failed == {0: {"version": 7}}
