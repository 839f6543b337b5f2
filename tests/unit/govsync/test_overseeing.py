"""Deadlines: every look says which run is past its own or near it, whoever drives the runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from structlog.testing import capture_logs

from govsync import tasks
from govsync.domain.deadlines import Risk
from govsync.services import overseeing
from govsync.services.board import BoardLine

NOW = datetime(2026, 12, 3, 12, tzinfo=UTC)


def told_of(monkeypatch: pytest.MonkeyPatch, risk: Risk, left: timedelta) -> list[Any]:
    line = BoardLine("norte", "2026-q4-r1", "sending", 3, None, NOW + left, risk, "")
    monkeypatch.setattr(overseeing, "list_board", lambda: [line])
    with time_machine.travel(NOW, tick=False), capture_logs() as logs:
        tasks.watch_deadlines.run()
        tasks.watch_deadlines.run()
    return [entry for entry in logs if "_aws" in entry]


def test_overdue_run_is_told_of_at_every_look(monkeypatch: pytest.MonkeyPatch) -> None:
    for error in (told := told_of(monkeypatch, Risk.CRITICAL, timedelta(hours=-3))):
        assert (error["log_level"], error["event"], error["late_h"]) == ("error", "sync overdue", 3.0)
        assert (error["school_id"], error["run_id"], error["SyncOverdue"]) == ("norte", "2026-q4-r1", 1)
        assert error["_aws"]["CloudWatchMetrics"][0]["Metrics"] == [{"Name": "SyncOverdue", "Unit": "Count"}]
    assert len(told) == 2


@pytest.mark.parametrize(
    ("risk", "told"), [(Risk.CRITICAL, ("error", 2)), (Risk.WARNING, ("warning", 1))], ids=["critical", "warning"]
)
def test_run_near_its_deadline_is_told_of(monkeypatch: pytest.MonkeyPatch, risk: Risk, told: tuple[str, int]) -> None:
    for entry in (found := told_of(monkeypatch, risk, timedelta(hours=11.9))):
        assert (entry["log_level"], entry["SyncDeadlineAtRisk"], entry["left_h"]) == (*told, 11.9)
    assert len(found) == 2


def test_run_with_time_left_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told_of(monkeypatch, Risk.NONE, timedelta(hours=48)) == []
