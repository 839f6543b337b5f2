"""Running a query in Athena with the credentials of the school in scope, and waiting for it."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.conf import settings

from analytics.errors import AthenaBusyError, AthenaError, QueryFailedError, QueryTimedOutError
from edu.aws.scoped_clients import scoped_client
from edu.dynamo.errors import StoreError, StoreUnavailableError, translated
from edu.logs import get_logger
from edu.tenancy import current_school_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_athena.type_defs import QueryExecutionStatusTypeDef, RowTypeDef

DEADLINE_S = 60.0
_FIRST_POLL_S, _LONGEST_POLL_S = 0.1, 2.0
_BUSY = frozenset({"TooManyRequestsException", "InternalServerException"})
_log = get_logger(__name__)

Row = tuple[str | None, ...]


def run_query(sql: str, *, deadline_s: float = DEADLINE_S) -> list[Row]:
    """The query's first 999 rows as text, without the header. Results lie under the school's own prefix for 7 days.

    Raises:
        NoScopeError: outside a school's scope.
        QueryFailedError: Athena could not run it.
        QueryTimedOutError: it did not end within ``deadline_s`` seconds, and was told to stop.
        AthenaBusyError: Athena throttles or does not answer.
        AccessDeniedError: the scope's credentials do not allow it.
    """
    output = f"s3://{settings.LAKE_BUCKET}/athena-results/school={current_school_id()}/"
    client = scoped_client("athena")
    with _translated():
        query_id = client.start_query_execution(
            QueryString=sql,
            WorkGroup=settings.ATHENA_WORKGROUP,
            QueryExecutionContext={"Database": settings.GLUE_DATABASE},
            ResultConfiguration={"OutputLocation": output},
        )["QueryExecutionId"]
        _wait(query_id, time.monotonic() + deadline_s)
        rows = client.get_query_results(QueryExecutionId=query_id)["ResultSet"]["Rows"]
    return [_values(row) for row in rows[1:]]


def _wait(query_id: str, deadline: float) -> None:
    poll_s = _FIRST_POLL_S
    while True:
        status = scoped_client("athena").get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]
        if status["State"] == "SUCCEEDED":
            return
        if status["State"] in {"FAILED", "CANCELLED"}:
            raise _failure(query_id, status)
        if time.monotonic() + poll_s > deadline:
            scoped_client("athena").stop_query_execution(QueryExecutionId=query_id)
            raise QueryTimedOutError("deadline")
        time.sleep(poll_s)
        poll_s = min(poll_s * 1.5, _LONGEST_POLL_S)


def _failure(query_id: str, status: QueryExecutionStatusTypeDef) -> QueryFailedError:
    _log.error("query failed", query_id=query_id, state=status["State"], reason=status.get("StateChangeReason", ""))
    return QueryFailedError(status["State"])


def _values(row: RowTypeDef) -> Row:
    return tuple(cell.get("VarCharValue") for cell in row["Data"])


@contextmanager
def _translated() -> Iterator[None]:
    """The ground floor's translation of AWS's errors, in this app's words."""
    try:
        with translated():
            yield
    except StoreUnavailableError as error:
        raise AthenaBusyError(str(error.detail)) from error
    except StoreError as error:
        code = str(error.detail)
        raise (AthenaBusyError(code) if code in _BUSY else AthenaError(code)) from error
