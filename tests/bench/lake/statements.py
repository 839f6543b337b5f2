"""What the query layer sends to Athena, and each statement once more, timed by itself."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings

from edu.aws.scoped_clients import scoped_client
from edu.tenancy import current_school_id

if TYPE_CHECKING:
    from collections.abc import Iterator

_EVENT = "provide-client-params.athena.StartQueryExecution"
_POLL_S, _POLL_SHARE = 0.01, 0.1  # a look takes milliseconds of the emulator's, of which the query needs some
_LONGEST_S = 120.0
_ENDED_BADLY = frozenset({"FAILED", "CANCELLED"})
_PAGE_ROWS = 999
Request = dict[str, Any]
Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a statement through Athena's API: from the call that starts it to its first page of results."""

    seconds: float
    scanned_bytes: int
    engine_ms: int
    rows: tuple[Row, ...]

    @property
    def is_whole(self) -> bool:
        """Whether that page is all there is."""
        return len(self.rows) < _PAGE_ROWS


@contextmanager
def recorded() -> Iterator[list[Request]]:
    """The requests that start queries inside the block, as the product makes them."""
    found: list[Request] = []
    events = scoped_client("athena").meta.events

    def note(params: Request, **_: object) -> None:
        found.append(dict(params))

    events.register(_EVENT, note, unique_id="bench")
    try:
        yield found
    finally:
        events.unregister(_EVENT, unique_id="bench")


def select_one() -> Request:
    """A statement that reads nothing: what it takes is the start-up of any other."""
    output = f"s3://{settings.LAKE_BUCKET}/athena-results/school={current_school_id()}/"
    return {
        "QueryString": "SELECT 1",
        "WorkGroup": settings.ATHENA_WORKGROUP,
        "QueryExecutionContext": {"Database": settings.GLUE_DATABASE},
        "ResultConfiguration": {"OutputLocation": output},
    }


def run(request: Request) -> Run:
    """Run it in the scope in force.

    Raises:
        RuntimeError: it did not succeed.
    """
    client = scoped_client("athena")
    fresh = {
        name: value for name, value in request.items() if name not in {"ClientRequestToken", "ResultReuseConfiguration"}
    }
    began = time.perf_counter()
    query_id = client.start_query_execution(**fresh)["QueryExecutionId"]
    while True:
        execution = client.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
        status = execution["Status"]
        if status["State"] == "SUCCEEDED":
            break
        if status["State"] in _ENDED_BADLY or time.perf_counter() - began > _LONGEST_S:
            raise RuntimeError(status.get("StateChangeReason", status["State"]))
        time.sleep(max(_POLL_S, _POLL_SHARE * (time.perf_counter() - began)))
    rows = client.get_query_results(QueryExecutionId=query_id)["ResultSet"]["Rows"]
    seconds, found = time.perf_counter() - began, execution["Statistics"]
    texts = tuple(tuple(cell.get("VarCharValue", "") for cell in row["Data"]) for row in rows[1:])
    return Run(seconds, found["DataScannedInBytes"], found["EngineExecutionTimeInMillis"], texts)
