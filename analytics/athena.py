"""Queries in Athena with the credentials of the school in scope: started, looked at, fetched, each by itself.

A query outlives the process that started it: its id is all that is needed to look at it again and to fetch its rows.
Results lie under the school's own prefix, where no other school's credentials reach, for seven days.
"""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings

from analytics.errors import (
    AthenaBusyError,
    AthenaError,
    QueryFailedError,
    QueryTimedOutError,
    ResultGoneError,
    TooManyRowsError,
)
from edu.aws.scoped_clients import scoped_client
from edu.dynamo.errors import StoreError, StoreUnavailableError, translated
from edu.logs import get_logger
from edu.tenancy import current_school_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mypy_boto3_athena.type_defs import GetQueryResultsOutputTypeDef, QueryExecutionStatusTypeDef, RowTypeDef

DEADLINE_S: Final = 60.0
MOST_ROWS: Final = 20_000
MOST_STATEMENT_BYTES: Final = 262_144  # Athena's own bound
_PAGE_ROWS: Final = 1_000  # the most that Athena gives at once, the header among them
_FIRST_POLL_S, _LONGEST_POLL_S = 0.1, 2.0
_BUSY = frozenset({"TooManyRequestsException", "InternalServerException"})
_NO_RESULT: Final = "InvalidRequestException"  # of a query that has succeeded: its file was removed
_FAULT: Final = re.compile(r"[A-Z][A-Z0-9_]*(?=:)")
_log = get_logger(__name__)

Row = tuple[str | None, ...]


class RunState(StrEnum):
    """Where a query is: not ended yet, or with a result."""

    RUNNING = "running"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a query is. ``scanned_bytes`` are those read until now, ``engine_ms`` how long Athena worked on it."""

    state: RunState
    scanned_bytes: int
    engine_ms: int


def start(sql: str, parameters: Sequence[str] = (), *, token: str = "") -> str:
    """Start a query and return its id. ``parameters`` are SQL literals, one for each question mark.

    Of two starts with the same ``token`` (32 to 128 characters) and text Athena makes one query.

    Raises:
        NoScopeError: outside a school's scope.
        AthenaError: Athena refuses it.
        AthenaBusyError: Athena throttles or does not answer.
        AccessDeniedError: the scope's credentials do not allow it.
    """
    output = f"s3://{settings.LAKE_BUCKET}/athena-results/school={current_school_id()}/"
    said: dict[str, Any] = {"ExecutionParameters": list(parameters)} if parameters else {}
    if token:
        said["ClientRequestToken"] = token
    with _translated():
        return scoped_client("athena").start_query_execution(
            QueryString=sql,
            WorkGroup=settings.ATHENA_WORKGROUP,
            QueryExecutionContext={"Database": settings.GLUE_DATABASE},
            ResultConfiguration={"OutputLocation": output},
            **said,
        )["QueryExecutionId"]


def progress_of(query_id: str) -> Progress:
    """How far a query is. Raises QueryFailedError for one without a result, and as ``start``."""
    with _translated():
        found = scoped_client("athena").get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
    status, statistics = found["Status"], found.get("Statistics", {})
    if status["State"] in {"FAILED", "CANCELLED"}:
        _log.error("query failed", query_id=query_id, state=status["State"], fault=_fault_of(status))
        raise QueryFailedError(status["State"])
    return Progress(
        RunState.DONE if status["State"] == "SUCCEEDED" else RunState.RUNNING,
        scanned_bytes=int(statistics.get("DataScannedInBytes", 0)),
        engine_ms=int(statistics.get("EngineExecutionTimeInMillis", 0)),
    )


def _fault_of(status: QueryExecutionStatusTypeDef) -> str:
    """Athena's name for what went wrong. The words after it may quote rows; who may see them asks Athena by the id."""
    found = _FAULT.match(status.get("StateChangeReason", ""))
    return found[0] if found else ""


def wait(query_id: str, *, wait_s: float) -> Progress:
    """Look until the query has a result, for ``wait_s`` seconds at most. It goes on. Raises as ``progress_of``."""
    until, poll_s = time.monotonic() + wait_s, _FIRST_POLL_S
    while True:
        found = progress_of(query_id)
        if found.state is RunState.DONE or time.monotonic() + poll_s > until:
            return found
        time.sleep(poll_s)
        poll_s = min(poll_s * 1.5, _LONGEST_POLL_S)


def stop(query_id: str) -> None:
    """Tell a query to end. Idempotent; of one that has ended it changes nothing. Raises as ``start``."""
    with _translated():
        scoped_client("athena").stop_query_execution(QueryExecutionId=query_id)


def rows_of(query_id: str, *, at_most: int = MOST_ROWS) -> list[Row]:
    """The rows of a query that has ended, as text, without the header.

    Raises:
        TooManyRowsError: there are more than ``at_most``; none is returned then.
        ResultGoneError: there were some, and Athena cannot read them any more.
        AthenaError, AthenaBusyError, AccessDeniedError: as ``start``.
    """
    found: list[Row] = []
    asked: dict[str, Any] = {}
    while True:
        page = _page(query_id, **asked)
        rows = page["ResultSet"]["Rows"]
        found += [_values(row) for row in (rows if asked else rows[1:])]
        if len(found) > at_most:
            raise TooManyRowsError
        if not page.get("NextToken"):
            return found
        asked = {"NextToken": page["NextToken"]}


def _page(query_id: str, **asked: Any) -> GetQueryResultsOutputTypeDef:  # noqa: ANN401 - boto3's
    try:
        with _translated():
            return scoped_client("athena").get_query_results(QueryExecutionId=query_id, MaxResults=_PAGE_ROWS, **asked)
    except AthenaError as error:
        if str(error.detail) == _NO_RESULT:
            raise ResultGoneError(_NO_RESULT) from error
        raise


def run_query(sql: str, parameters: Sequence[str] = (), *, deadline_s: float = DEADLINE_S) -> list[Row]:
    """A short query's rows: started, waited for, fetched.

    Raises:
        QueryFailedError: Athena could not run it.
        QueryTimedOutError: it did not end within ``deadline_s`` seconds, and was told to stop.
        TooManyRowsError, NoScopeError, AthenaError, AthenaBusyError, AccessDeniedError: as ``start`` and ``rows_of``.
    """
    query_id = start(sql, parameters)
    if wait(query_id, wait_s=deadline_s).state is not RunState.DONE:
        stop(query_id)
        raise QueryTimedOutError("deadline")
    return rows_of(query_id)


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
