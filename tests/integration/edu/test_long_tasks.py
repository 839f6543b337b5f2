"""A task of the queue of long jobs runs in a process of its own, which is killed past its time."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from edu.queues import ANALYTICS
from tests.support.cloud import acting_as
from tests.support.long_tasks import NOTES, wait_for_ever_once
from tests.support.processes import CELERY_IS_READY, running_until_stopped
from tests.support.queue_depth import depth_of
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.cloud import Cloud

TIME_S = 2
OPTIONS = (*ANALYTICS.pool_options[:-1], str(TIME_S), "--queues", ANALYTICS.name)


@pytest.fixture
def queue_url(cloud: Cloud) -> Iterator[str]:
    sqs, url = cloud.root("sqs"), cloud.outputs[ANALYTICS.output]
    sqs.purge_queue(QueueUrl=url)
    yield url
    sqs.purge_queue(QueueUrl=url)


def test_task_past_its_time_is_killed_and_its_message_comes_again(cloud: Cloud, queue_url: str, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    with acting_as("worker"):
        wait_for_ever_once.apply_async(kwargs={"school_id": "norte"})
    command = [sys.executable, "-m", "celery", "-A", "tests.support.long_tasks", "worker", *OPTIONS]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    sqs = cloud.root("sqs")
    with running_until_stopped(cloud, command, ready=CELERY_IS_READY, **{NOTES: str(notes)}) as worker:
        wait_until(lambda: "task done" in worker.log, what="the second delivery", timeout_s=60)
        wait_until(lambda: depth_of(sqs, queue_url) == 0, what="its acknowledgement")
        first, second = (line.split() for line in notes.read_text().splitlines())
        assert f"Hard time limit ({TIME_S:.1f}s) exceeded" in worker.log
        assert first[0] != second[0]
        assert first[1] == second[1] == str(worker.pid), "both were children of the worker"
        assert worker.is_running()
