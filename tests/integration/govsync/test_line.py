"""The line's workers as processes: two requests in any second by the government's clock, whatever befalls them."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from govsync.domain.lanes import COOLING_S
from tests.integration.govsync.line_support import SECOND_NS, due_runs, line_worker, most_in_a_second
from tests.integration.govsync.support import REAL_WINDOW_S
from tests.support.depth import depth
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from tests.integration.govsync.support import Government
    from tests.support.cloud import Cloud
    from tests.support.processes import Process


@pytest.fixture(scope="module")
def window_s() -> float:
    """The real one: it is what these tests are about."""
    return REAL_WINDOW_S


def arrivals(government: Government) -> list[int]:
    return [request["at_ns"] for request in government.requests()]


def wait_for_requests(government: Government, count: int, *, timeout_s: float = 60) -> list[int]:
    """The arrivals, once there are so many more than now."""
    wanted = len(arrivals(government)) + count
    wait_until(lambda: len(arrivals(government)) >= wanted, what=f"{count} requests", timeout_s=timeout_s)
    return arrivals(government)


@pytest.mark.parametrize("ahead_s", [0.5, -3600.0])
def test_no_second_sees_a_third_request_of_two_workers_whose_clocks_are_apart(
    as_worker: Cloud, government: Government, school_id: str, ahead_s: float
) -> None:
    schools = [f"{school_id}{n}" for n in range(3)]
    with (
        due_runs(as_worker, schools),
        line_worker(as_worker, government) as one,
        line_worker(as_worker, government, ahead_s=ahead_s) as other,
    ):
        for worker in (one, other):
            wait_until(lambda worker=worker: has_sent(worker), what="each to send", timeout_s=30)  # type: ignore[misc]
        seen = wait_for_requests(government, 24)
    assert most_in_a_second(seen) == 2
    assert_used(seen[-24:], lanes=2)


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP])
def test_worker_that_vanishes_is_succeeded_within_ten_seconds_and_its_lane_is_not_used_twice(
    as_worker: Cloud, government: Government, school_id: str, end: signal.Signals
) -> None:
    """A stopped process goes on where it stood when it is continued: it must find out that its lane is not its own."""
    with (
        due_runs(as_worker, [school_id]),
        line_worker(as_worker, government) as first,
    ):
        wait_for_requests(government, 5)
        with line_worker(as_worker, government) as second:
            assert_succeeded(government, gone=first, successor=second, end=end)
            if end is signal.SIGSTOP:
                os.kill(first.pid, signal.SIGCONT)
                wait_for_requests(government, 10)
                assert_succeeded(government, gone=second, successor=first, end=end)
                os.kill(second.pid, signal.SIGCONT)
                wait_for_requests(government, 10)
    assert most_in_a_second(arrivals(government)) == 2


def assert_succeeded(government: Government, *, gone: Process, successor: Process, end: signal.Signals) -> None:
    """The one is ended, or stopped, and the other sends within ten seconds."""
    successor.begin_log()
    os.kill(gone.pid, end)
    at_ns = time.time_ns()
    wait_until(lambda: has_sent(successor), what="the other worker's request", timeout_s=30)
    after = next(at for at in arrivals(government) if at > at_ns + SECOND_NS)
    assert after - at_ns < 10 * SECOND_NS


def has_sent(worker: Process) -> bool:
    return '"requests":1' in worker.log


def assert_used(seen: list[int], *, lanes: int) -> None:
    """The limit is used: so many lanes were, without a break."""
    rate = (len(seen) - 1) / ((seen[-1] - seen[0]) / SECOND_NS)
    assert rate > 0.85 * lanes / COOLING_S


def test_run_goes_on_after_each_kill_with_a_new_process_alone(
    as_worker: Cloud, government: Government, school_id: str
) -> None:
    with due_runs(as_worker, [school_id, f"{school_id}0"]):
        for _ in range(depth(1, 3)):
            with line_worker(as_worker, government) as worker:
                wait_for_requests(government, 4)
                worker.kill()
            killed_at_ns = time.time_ns()
            with line_worker(as_worker, government):
                started_in_ns = time.time_ns() - killed_at_ns  # how long Python takes is the machine's
                seen = wait_for_requests(government, 3)
            after = next(at for at in seen if at > killed_at_ns)
            assert after - killed_at_ns < 10 * SECOND_NS + started_in_ns
    assert most_in_a_second(arrivals(government)) == 2


def test_worker_that_is_told_to_stop_leaves_everything_to_the_next_at_once(
    as_worker: Cloud, government: Government, school_id: str
) -> None:
    with due_runs(as_worker, [school_id]), line_worker(as_worker, government) as second:
        wait_for_requests(government, 3)
        with line_worker(as_worker, government):
            pass
        second.stop()
        with line_worker(as_worker, government):
            seen = wait_for_requests(government, 3)
    assert most_in_a_second(seen) == 2
