"""Waiting for a query, with Athena replaced by one that does as told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from analytics import athena, services
from analytics.errors import (
    AthenaBusyError,
    AthenaError,
    InvalidMonthError,
    QueryFailedError,
    QueryTimedOutError,
    ResultGoneError,
    TooManyRowsError,
)
from edu.dynamo.errors import AccessDeniedError
from edu.tenancy import NoScopeError, enter_platform, enter_school

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edu.errors import LibretaError


class Athena:
    """Ends a query in ``states``, one a poll (the last one stays), with ``rows``."""

    def __init__(self) -> None:
        self.states = ["SUCCEEDED"]
        self.rows: list[list[str]] = [["records", "row_count"], ["3", "5"]]
        self.error: Exception | None = None
        self.reason = "por qué"
        self.started: list[dict[str, Any]] = []
        self.stopped: list[str] = []

    def start_query_execution(self, **request: Any) -> dict[str, str]:
        if self.error:
            raise self.error
        self.started.append(request)
        return {"QueryExecutionId": "q1"}

    def get_query_execution(self, **_: str) -> dict[str, Any]:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return {"QueryExecution": {"Status": {"State": state, "StateChangeReason": self.reason}}}

    def get_query_results(self, *, MaxResults: int, NextToken: str = "0", **_: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        start = int(NextToken)
        rows = [{"Data": [{"VarCharValue": cell} if cell else {} for cell in row]} for row in self.rows]
        following = {"NextToken": str(start + MaxResults)} if start + MaxResults < len(rows) else {}
        return {"ResultSet": {"Rows": rows[start : start + MaxResults]}, **following}

    def stop_query_execution(self, *, QueryExecutionId: str) -> None:  # noqa: N803 - boto3's name
        self.stopped.append(QueryExecutionId)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Athena:
    made = Athena()
    monkeypatch.setattr(athena, "scoped_client", lambda _service: made)
    monkeypatch.setattr(athena, "_FIRST_POLL_S", 0.001)
    return made


@pytest.fixture(autouse=True)
def school() -> Iterator[None]:
    with enter_school("colegio-a"):
        yield


def test_count_is_parsed_and_its_result_lies_under_the_schools_prefix(fake: Athena, settings: Any) -> None:
    settings.LAKE_BUCKET = "lago"
    fake.states = ["QUEUED", "RUNNING", "SUCCEEDED"]
    count = services.count_events(year=2026, month=5)
    assert (count.school_id, count.records, count.rows) == ("colegio-a", 3, 5)
    assert fake.started[0]["ResultConfiguration"] == {"OutputLocation": "s3://lago/athena-results/school=colegio-a/"}


@pytest.mark.parametrize("state", ["FAILED", "CANCELLED"])
def test_query_that_ends_badly_is_an_error_without_athenas_words(fake: Athena, state: str) -> None:
    fake.states = ["RUNNING", state]
    with pytest.raises(QueryFailedError) as caught:
        services.count_grades(year=2026, month=5)
    assert "por qué" not in str(caught.value)


def test_log_has_athenas_name_of_a_fault_and_not_the_rows_that_it_quotes(
    fake: Athena, caplog: pytest.LogCaptureFixture
) -> None:
    fake.states, fake.reason = ["FAILED"], "INVALID_CAST_ARGUMENT: Cannot cast 'mordió a Juana' to double"
    with pytest.raises(QueryFailedError):
        services.count_grades(year=2026, month=5)
    assert "INVALID_CAST_ARGUMENT" in caplog.text
    assert "Juana" not in caplog.text


def test_result_that_was_removed_is_gone(fake: Athena, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_request: Any) -> Any:
        raise client_error("InvalidRequestException")

    monkeypatch.setattr(fake, "get_query_results", refuse)
    with pytest.raises(ResultGoneError):
        athena.rows_of("q1")


def test_query_past_its_deadline_is_stopped(fake: Athena) -> None:
    fake.states = ["RUNNING"]
    with pytest.raises(QueryTimedOutError):
        athena.run_query("SELECT 1", deadline_s=0.01)
    assert fake.stopped == ["q1"]


@pytest.mark.parametrize("rows", [[["h"]], [["h"], ["x", "y"]], [["h"], ["1"]], [["h"], ["1", ""]]])
def test_result_of_another_shape_is_an_error(fake: Athena, rows: list[list[str]]) -> None:
    fake.rows = rows
    with pytest.raises(AthenaError):
        services.count_events(year=2026, month=5)


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "m"}}, "StartQueryExecution")


@pytest.mark.parametrize(
    ("raised", "expected", "retryable"),
    [
        (client_error("TooManyRequestsException"), AthenaBusyError, True),
        (client_error("ThrottlingException"), AthenaBusyError, True),
        (ReadTimeoutError(endpoint_url="http://127.0.0.1"), AthenaBusyError, True),
        (client_error("InvalidRequestException"), AthenaError, False),
        (client_error("AccessDeniedException"), AccessDeniedError, False),
    ],
)
def test_errors_of_athena_are_told_apart(
    fake: Athena,
    raised: Exception,
    expected: type[LibretaError],
    retryable: bool,  # noqa: FBT001 - a parameter of the table above
) -> None:
    fake.error = raised
    with pytest.raises(expected) as caught:
        services.count_events(year=2026, month=5)
    assert caught.value.retryable is retryable


@pytest.mark.parametrize(("year", "month"), [(2026, 13), (1999, 1)])
def test_month_that_the_lake_cannot_hold_is_refused_before_any_query(fake: Athena, year: int, month: int) -> None:
    with pytest.raises(InvalidMonthError):
        services.count_events(year=year, month=month)
    assert fake.started == []


def test_query_outside_a_school_is_refused() -> None:
    with enter_platform(), pytest.raises(NoScopeError):
        athena.run_query("SELECT 1")


def test_every_page_is_fetched_and_the_header_is_on_the_first_alone(fake: Athena) -> None:
    fake.rows = [["n"], *([str(number)] for number in range(2500))]
    assert athena.rows_of("q1") == [(str(number),) for number in range(2500)]


def test_answer_of_more_rows_than_it_may_have_is_refused_whole(fake: Athena) -> None:
    fake.rows = [["n"], *([str(number)] for number in range(2500))]
    assert len(athena.rows_of("q1", at_most=2500)) == 2500
    with pytest.raises(TooManyRowsError):
        athena.rows_of("q1", at_most=2499)


def test_parameters_and_token_are_sent_only_where_there_are_some(fake: Athena) -> None:
    athena.start("SELECT ?", ["'a'"], token="t" * 32)
    athena.start("SELECT 1")
    assert fake.started[0]["ExecutionParameters"] == ["'a'"]
    assert fake.started[0]["ClientRequestToken"] == "t" * 32
    assert not {"ExecutionParameters", "ClientRequestToken"} & fake.started[1].keys()
