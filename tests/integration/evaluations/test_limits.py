"""How often an account may call, and what is measured of its writes."""

from __future__ import annotations

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.core.cache import caches
from rest_framework.throttling import SimpleRateThrottle

from tests.support.schools import CLOSED_TERM

if TYPE_CHECKING:
    from tests.integration.evaluations.conftest import ApiClient

WRITE = {"student_id": "student-001", "value": "6.5"}


class Clock:
    """What the limits take for the time of day, in seconds."""

    now_s = 3000.0  # a minute has just begun

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    caches["default"].clear()
    stopped = Clock()
    monkeypatch.setattr(SimpleRateThrottle, "timer", stopped)
    return stopped


def test_calls_over_the_limit_are_told_when_to_come_back(
    teacher: ApiClient, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setitem(settings.API_RATES, "reads", "2/minute")
    assert [teacher.get("/sections").status_code for _ in range(2)] == [200, 200]
    clock.now_s += 20
    refused = teacher.get("/sections")
    assert refused.status_code == 429
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.headers["Retry-After"] == "40"
    clock.now_s += 39.5
    assert teacher.get("/sections").headers["Retry-After"] == "1"
    clock.now_s += 0.5
    assert teacher.get("/sections").status_code == 200


def test_a_limit_holds_for_calls_at_once(teacher: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.API_RATES, "reads", "5/minute")
    with ThreadPoolExecutor(10) as pool:
        statuses = [answer.status_code for answer in pool.map(lambda _: teacher.get("/sections"), range(20))]
    assert statuses.count(200) == 5
    assert statuses.count(429) == 15


def test_reads_do_not_use_up_writes_nor_one_account_anothers(
    teacher: ApiClient, neighbour: ApiClient, evaluation_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings.API_RATES, "reads", "1/minute")
    assert teacher.get("/sections").status_code == 200
    assert teacher.get("/sections").status_code == 429
    assert teacher.post(f"/evaluations/{evaluation_id}/scores", WRITE).status_code == 201
    assert neighbour.get("/sections").status_code == 200


def test_latency_is_a_metric_of_each_write_but_not_of_reads_and_refusals(
    teacher: ApiClient, admin: ApiClient, evaluation_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = f"/evaluations/{evaluation_id}/scores"
    with caplog.at_level(logging.INFO, logger="edu.http.middleware"):
        teacher.post(path, WRITE)
        teacher.send("PUT", path, {"rows": [{"student_id": "student-002", "value": "6.5"}]})
        teacher.get(path)
        admin.post(f"/terms/{CLOSED_TERM}/reopen", {"reason": "Faltan notas"})
        teacher.post(path, WRITE)
    *others, refused = (_event(record) for record in caplog.records if record.name == "edu.http.middleware")
    [read] = [event for event in others if event["method"] == "GET"]
    assert "_aws" not in read
    measured = [event for event in others if event is not read]
    assert [event["Operation"] for event in measured] == ["record_score", "record_section", "reopen_term"]
    for event in measured:
        [definition] = event["_aws"]["CloudWatchMetrics"]
        assert definition["Namespace"] == "Libreta"
        assert definition["Metrics"] == [{"Name": "EvaluationLatency", "Unit": "Milliseconds"}]
        assert definition["Dimensions"] == [["Env"], ["Env", "Operation"]]
        assert event["EvaluationLatency"] == event["duration_ms"] > 0
        assert (event["Env"], evaluation_id in json.dumps(event)) == ("test", False)
    assert refused["status"] == 409
    assert "_aws" not in refused


def _event(record: logging.LogRecord) -> dict[str, Any]:
    assert isinstance(record.msg, dict)
    return record.msg
