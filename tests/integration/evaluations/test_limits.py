"""How often an account may call, and what is measured of its writes."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.core.cache import caches

if TYPE_CHECKING:
    from tests.integration.evaluations.conftest import ApiClient

WRITE = {"student_id": "student-001", "value": "6.5"}


@pytest.fixture(autouse=True)
def _fresh_counters() -> None:
    caches["default"].clear()


def test_calls_over_the_limit_are_told_when_to_come_back(teacher: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.API_RATES, "reads", "2/minute")
    assert [teacher.get("/sections").status_code for _ in range(2)] == [200, 200]
    refused = teacher.get("/sections")
    assert refused.status_code == 429
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert 0 < int(refused.headers["Retry-After"]) <= 60


def test_reads_do_not_use_up_writes_nor_one_account_anothers(
    teacher: ApiClient, neighbour: ApiClient, evaluation_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings.API_RATES, "reads", "1/minute")
    assert teacher.get("/sections").status_code == 200
    assert teacher.get("/sections").status_code == 429
    assert teacher.post(f"/evaluations/{evaluation_id}/scores", WRITE).status_code == 201
    assert neighbour.get("/sections").status_code == 200


def test_write_latency_is_a_metric_of_its_route_and_reads_are_not(
    teacher: ApiClient, evaluation_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="edu.http.middleware"):
        teacher.post(f"/evaluations/{evaluation_id}/scores", WRITE)
        teacher.get(f"/evaluations/{evaluation_id}/scores")
    written, read = (_event(record) for record in caplog.records if record.name == "edu.http.middleware")
    [definition] = written["_aws"]["CloudWatchMetrics"]
    assert definition["Namespace"] == "Libreta"
    assert definition["Metrics"] == [{"Name": "EvaluationLatency", "Unit": "Milliseconds"}]
    assert definition["Dimensions"] == [["Env"], ["Env", "Route"]]
    assert written["EvaluationLatency"] == written["duration_ms"] > 0
    assert (written["Env"], evaluation_id in json.dumps(written)) == ("test", False)
    assert "_aws" not in read


def _event(record: logging.LogRecord) -> dict[str, Any]:
    assert isinstance(record.msg, dict)
    return record.msg
