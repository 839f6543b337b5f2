"""The nightly merge of a school's lake: by its night, in steps, by a real worker, and by the operator's command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command

from analytics import tasks
from analytics.domain.datasets import Dataset, Month
from analytics.lake import files, layout, snapshots, store
from analytics.services import nightly
from edu import clock
from edu.jobs import repository as jobs
from edu.schools import RegisteredSchool, register_school
from edu.tenancy import enter_lake, enter_school
from tests.support.cloud import acting_as
from tests.support.processes import running_worker
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from tests.support.cloud import Cloud

RUN = "2026-11-24"


def this_month() -> Month:
    return Month(clock.now().year, clock.now().month)


def deliver(school_id: str, count: int) -> None:
    """So many files of one event of this month each."""
    with acting_as("worker"), enter_school(school_id), enter_lake():
        for number in range(count):
            row: dict[str, Any] = {"school_id": school_id, "event_id": str(number), "change_id": str(number)}
            row |= {"student_pseudonym": "a"}
            row |= {"occurred_at_epoch_s": int(clock.now().timestamp()), "arrived_at_epoch_s": 1}
            body = files.parquet_of(files.table_of(Dataset.EVENTS, [row]))
            store.put_object(f"{layout.month_folder(Dataset.EVENTS, this_month())}f{number}.parquet", body)


def files_of(school_id: str) -> int:
    with enter_school(school_id):
        return len(snapshots.take_month(Dataset.EVENTS, this_month()).objects)


def test_a_run_merges_what_needs_it_and_counts(cloud: Cloud, school_id: str) -> None:
    assert cloud
    deliver(school_id, 12)
    with acting_as("worker"), enter_school(school_id):
        step = nightly.advance_run(run_id=RUN, limit=1)
        while step.more:
            step = nightly.advance_run(run_id=RUN, limit=1)
    assert step.job.done == step.job.total == 2 * len(nightly.months_of_the_lake())
    counts = ("files_before", "files_after", "rows", "dropped", "set_aside")
    assert [step.job.counts[name] for name in counts] == [12, 1, 12, 0, 0]
    assert files_of(school_id) == 1


def test_month_that_cannot_be_merged_is_given_up_and_named(
    cloud: Cloud, school_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cloud
    deliver(school_id, 2)
    from analytics.services import compacting  # noqa: PLC0415 - patched here alone

    def fail(*_args: object) -> None:
        raise OSError("disk")

    monkeypatch.setattr(compacting, "compact_month", fail)
    with acting_as("worker"), enter_school(school_id):
        for _ in range(2):
            with pytest.raises(OSError, match="disk"):
                nightly.advance_run(run_id=RUN)
        step = nightly.advance_run(run_id=RUN)
    assert step.job.failed == (f"events/{this_month()}",)
    assert files_of(school_id) == 2


def test_worker_merges_the_schools_that_have_night(
    cloud: Cloud, school_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(school_id, 4)
    with acting_as("worker"):
        register_school(RegisteredSchool(school_id, "PE", "America/Lima"))
    monkeypatch.setattr(nightly, "night_of", lambda _now, _zone: RUN)
    with acting_as("worker"):
        tasks.compact_all()
        with running_worker(cloud, queues="analytics"):
            wait_until(lambda: files_of(school_id) == 1, what="the merge", timeout_s=60)
            wait_until(
                lambda: not any(due.school_id == school_id for due in jobs.list_due(nightly.COMPACTION.name)),
                what="the end of the run",
                timeout_s=60,
            )


def test_command_says_what_it_would_do_and_then_does_it(
    cloud: Cloud, school_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cloud
    deliver(school_id, 3)
    with acting_as("worker"):
        register_school(RegisteredSchool(school_id, "PE", "America/Lima"))

    def said(**options: bool) -> list[str]:
        with acting_as("operator"):
            call_command("compact_lake", school=school_id, **options)
        return capsys.readouterr().out.splitlines()

    (would,) = said(dry_run=True)
    assert would.startswith(f"{school_id} events {this_month()} would-merge loose=3 bytes=")
    assert files_of(school_id) == 3
    (statement,) = said(statement=True)
    assert f"FROM events WHERE school = '{school_id}' AND" in statement
    (did,) = said()
    assert did.startswith(f"{school_id} events {this_month()} merged files=3->1 bytes=")
    assert did.endswith("rows=3 dropped=0 set-aside=0 deleted=0")
    assert said() == []
