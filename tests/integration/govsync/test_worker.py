"""The real worker's process over real runs, its end at any moment, and the orders that come as messages."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import pytest

from edu.jobs import repository as jobs
from edu.tenancy import enter_school
from govsync import services, tasks
from govsync.domain.runs import SYNC, run_id_of
from govsync.domain.states import RunState
from tests.integration.govsync.line_support import forget_line
from tests.integration.govsync.support import API_KEY, REAL_WINDOW_S, RUN_ID, pending_count, record_grades
from tests.support.cloud import acting_as
from tests.support.processes import SOURCE_ROOT, running_until_stopped, running_worker
from tests.support.schools import CLOSED_TERM, OPEN_TERM
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from tests.integration.govsync.support import Government
    from tests.support.cloud import Cloud
    from tests.support.processes import Process
    from tests.support.schools import TestSchool


@pytest.fixture(scope="module")
def window_s() -> float:
    """The real one: the processes keep to it."""
    return REAL_WINDOW_S


@pytest.fixture
def own_school(as_worker: Cloud, school: TestSchool) -> Iterator[TestSchool]:
    """The school in scope, with the line to itself."""
    forget_line(as_worker)
    with enter_school(school.school_id):
        yield school
    forget_line(as_worker)
    for entry in jobs.list_due(SYNC.name):
        jobs.remove_due(entry)


def working(cloud: Cloud, government: Government) -> AbstractContextManager[Process]:
    command = [sys.executable, str(SOURCE_ROOT / "manage.py"), "advance_syncs"]
    settings = {"LIBRETA_GOV_API_URL": government.url, "LIBRETA_GOV_API_KEY": API_KEY}
    return running_until_stopped(cloud, command, ready="driving syncs", **settings)


def is_due(school: TestSchool) -> bool:
    return any(entry.school_id == school.school_id for entry in jobs.list_due(SYNC.name))


def has_state(state: RunState) -> bool:
    return services.describe_run(run_id=RUN_ID).run.state is state


def test_ordered_sync_is_carried_to_its_end(cloud: Cloud, government: Government, own_school: TestSchool) -> None:
    record_grades(own_school, "5.5", "6.0", "6.9")
    services.start_sync(term_id=OPEN_TERM, actor="somebody")
    with working(cloud, government) as worker:
        wait_until(lambda: has_state(RunState.RECONCILED), what="the run to end", timeout_s=60)
        wait_until(lambda: not is_due(own_school), what="the run to leave the due list")
    assert pending_count() == 0
    assert "student-" not in worker.log
    assert '"6.9"' not in worker.log


def test_worker_killed_while_the_government_is_silent_sends_nothing_twice(
    cloud: Cloud, government: Government, own_school: TestSchool
) -> None:
    record_grades(own_school, "5.5", "6.0", "6.9")
    government.fail(action="hang", on="submit", effect=True, hold_s=60)
    services.start_sync(term_id=OPEN_TERM, actor="somebody")
    with working(cloud, government) as worker:
        wait_until(lambda: government.effects() == 1, what="the batch's effect", timeout_s=60)
        worker.kill()
    killed_at_ns = time.time_ns()
    assert pending_count() == 3
    with working(cloud, government):
        started_in_ns = time.time_ns() - killed_at_ns  # how long Python takes is the machine's
        wait_until(lambda: has_state(RunState.RECONCILED), what="the run to end", timeout_s=60)
    assert pending_count() == 0
    assert [request["operation"] for request in government.requests()] == ["submit", "ask", "held"]
    resumed_at_ns = government.requests()[1]["at_ns"]
    assert resumed_at_ns - killed_at_ns < 10e9 + started_in_ns


def test_order_that_comes_twice_starts_one_run(cloud: Cloud, own_school: TestSchool) -> None:
    order = {"school_id": own_school.school_id, "term_id": OPEN_TERM, "actor": "console:directora"}
    cloud.root("sqs").purge_queue(QueueUrl=cloud.outputs["GovsyncQueueUrl"])
    with running_worker(cloud, queues="govsync") as worker:
        for _ in range(2):
            tasks.start_sync.apply_async(kwargs=order)
        wait_until(lambda: worker.log.count('"sync ordered"') == 2, what="both orders", timeout_s=60)
    assert [run.started_by for run in services.list_runs().items] == ["console:directora"]


def test_term_that_has_just_ended_is_started_once_and_no_other(
    own_school: TestSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("govsync.domain.calendars.STARTED_WITHIN", own_school.school.terms[0].ends_on.resolution * 90)
    with acting_as("worker"):
        assert services.start_ended_terms(actor="beat") >= 1
        services.start_ended_terms(actor="beat")
    assert [run.run_id for run in services.list_runs().items] == [run_id_of(CLOSED_TERM, 1)]
