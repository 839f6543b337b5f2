"""Workers of the line as processes, runs for them to drive, and what the government saw of it."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from edu.jobs import repository as jobs
from edu.jobs.domain import DueJob
from tests.support.processes import running_until_stopped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from tests.integration.govsync.support import Government
    from tests.support.cloud import Cloud
    from tests.support.processes import Process

RUN_ID = "2026-t3-r1"
SECOND_NS = 1_000_000_000


def line_worker(cloud: Cloud, government: Government, *, ahead_s: float = 0.0) -> AbstractContextManager[Process]:
    """A worker process of the line, whose clock is so far ahead."""
    command = [sys.executable, "-m", "tests.integration.govsync.line_worker"]
    return running_until_stopped(cloud, [*command, government.url, str(ahead_s)], ready="driving")


@contextmanager
def due_runs(cloud: Cloud, schools: Sequence[str]) -> Iterator[None]:
    """A run of each school that is due, the first school's with the earliest deadline; gone afterwards."""
    now = datetime.now(UTC)
    entries = [
        DueJob("sync", RUN_ID, now - timedelta(hours=2), school_id, now + timedelta(hours=48, seconds=place))
        for place, school_id in enumerate(schools)
    ]
    forget_line(cloud)
    for entry in entries:
        jobs.put_due(entry)
    try:
        yield
    finally:
        for entry in entries:
            jobs.remove_due(entry)
        forget_line(cloud)


def forget_line(cloud: Cloud) -> None:
    """The line as new: lanes and state outlive a test, whose government does not."""
    client, table = cloud.root("dynamodb"), cloud.outputs["TableName"]
    for name in ("LANE#1", "LANE#2", "UPSTREAM"):
        client.delete_item(TableName=table, Key={"pk": {"S": "PLATFORM#SYNC#LINE"}, "sk": {"S": name}})


def most_in_a_second(arrivals: Sequence[int]) -> int:
    """The most requests that any second saw, by the government's clock."""
    ordered = sorted(arrivals)
    return max((sum(first <= at < first + SECOND_NS for at in ordered) for first in ordered), default=0)
