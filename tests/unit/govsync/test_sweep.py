"""The sweep: who is handed out when, and that an overdue run is heard of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from structlog.testing import capture_logs

from edu.dynamo.errors import StoreUnavailableError
from edu.jobs import repository as jobs
from edu.jobs.domain import DueJob
from govsync import tasks

NOW = datetime(2026, 12, 3, 12, tzinfo=UTC)
DUE = DueJob("sync", "2026-q4-r1", NOW - timedelta(seconds=1), "norte", NOW + timedelta(hours=1))
SCHOOLS = ("norte", "oeste", "sur")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The schools whose run got a message, in order."""
    found: list[str] = []

    def send(*, kwargs: dict[str, str]) -> None:
        found.append(kwargs["school_id"])

    monkeypatch.setattr(tasks.advance_run, "apply_async", send)
    return found


def sweep(monkeypatch: pytest.MonkeyPatch, *entries: DueJob, postpone: Any = lambda *_: True) -> list[Any]:
    monkeypatch.setattr(jobs, "list_due", lambda _kind: list(entries))
    monkeypatch.setattr(jobs, "replace_due", postpone)
    with time_machine.travel(NOW, tick=False), capture_logs() as logs:
        tasks.sweep_due_runs.run()
    return [entry for entry in logs if entry["log_level"] == "error"]


def test_message_follows_each_postponement_at_once(monkeypatch: pytest.MonkeyPatch, sent: list[str]) -> None:
    """The table fails at the second run: the first has its message, and the third is not postponed."""
    postponed: list[str | None] = []

    def postpone(entry: DueJob, _by: DueJob) -> bool:
        if entry.school_id == "oeste":
            raise StoreUnavailableError
        postponed.append(str(entry.school_id))
        return True

    with pytest.raises(StoreUnavailableError):
        sweep(monkeypatch, *(replace(DUE, school_id=school) for school in SCHOOLS), postpone=postpone)
    assert postponed == sent == ["norte"]


def test_run_whose_time_has_not_come_or_that_another_sweep_took_gets_no_message(
    monkeypatch: pytest.MonkeyPatch, sent: list[str]
) -> None:
    later = replace(DUE, due_at=NOW + timedelta(seconds=1))
    assert sweep(monkeypatch, later) == []
    assert sweep(monkeypatch, DUE, postpone=lambda *_: False) == []
    assert sent == []


@pytest.mark.usefixtures("sent")
def test_every_sweep_says_which_run_is_past_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = replace(DUE, due_at=NOW + timedelta(minutes=5), deadline_at=NOW - timedelta(hours=3))
    for _ in range(2):
        (error,) = sweep(monkeypatch, DUE, waiting)
        assert (error["event"], error["run_id"], error["late_h"]) == ("sync overdue", waiting.job_id, 3.0)
        assert error["SyncOverdue"] == 1
        assert error["_aws"]["CloudWatchMetrics"][0]["Metrics"] == [{"Name": "SyncOverdue", "Unit": "Count"}]
