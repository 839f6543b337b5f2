"""Two requests in any second, over all schools and workers."""

from __future__ import annotations

import threading
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from edu import clock
from edu.tenancy import enter_platform
from govsync import client
from govsync.client import HeldPage
from govsync.errors import SlotBusyError
from govsync.repository import rate_limit
from tests.integration.govsync.support import REAL_WINDOW_S

if TYPE_CHECKING:
    from tests.integration.govsync.support import Driver

THREADS, REQUESTS_EACH = 4, 3
SECOND_NS = 1_000_000_000


@pytest.fixture(scope="module")
def window_s() -> float:
    """The real one: it is what these tests are about."""
    return REAL_WINDOW_S


def ask(school_id: str) -> client.Exchange:
    with rate_limit.hold_slot(patience_s=60) as slot:
        slot.used = True
        return client.government().list_held(term_id="2026-q4", school_id=school_id, cursor=None)


def test_no_second_sees_a_third_request(driver: Driver) -> None:
    exchanges: list[client.Exchange] = []

    def work(school_id: str) -> None:
        exchanges.extend(ask(school_id) for _ in range(REQUESTS_EACH))

    threads = [threading.Thread(target=work, args=(f"school-{n}",)) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    arrivals = [request["at_ns"] for request in driver.government.requests()]
    assert len(arrivals) == THREADS * REQUESTS_EACH
    assert all(third - first >= SECOND_NS for first, third in zip(arrivals, arrivals[2:], strict=False))
    assert all(isinstance(exchange.answer, HeldPage) for exchange in exchanges), "the government turned one away"
    # and the limit is used: not one request at a time
    assert min(later - earlier for earlier, later in pairwise(arrivals)) < SECOND_NS // 2


@pytest.mark.usefixtures("driver")
def test_third_request_waits_until_a_second_after_an_answer() -> None:
    with rate_limit.hold_slot() as first, rate_limit.hold_slot() as second:
        assert first.name != second.name
        with pytest.raises(SlotBusyError), rate_limit.hold_slot(patience_s=0):
            pass
        first.used = second.used = True
    with pytest.raises(SlotBusyError) as busy, rate_limit.hold_slot(patience_s=0):
        pass
    assert timedelta(0) < busy.value.until - clock.now() <= timedelta(seconds=1.05)
    with rate_limit.hold_slot(patience_s=3):
        pass


@pytest.mark.usefixtures("driver")
def test_lane_that_was_not_used_is_free_at_once() -> None:
    for _ in range(5):
        with rate_limit.hold_slot(patience_s=0):
            pass


def test_lane_of_a_lost_worker_is_free_after_its_lease(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as lost:
        lost.setattr(rate_limit, "_release", lambda _slot: None)
        for _ in rate_limit.SLOTS:
            with rate_limit.hold_slot() as slot:
                slot.used = True
    with pytest.raises(SlotBusyError) as busy, rate_limit.hold_slot(patience_s=0):
        pass
    driver.clock.skip_to(busy.value.until)
    with rate_limit.hold_slot(patience_s=0):
        pass


def test_worker_that_overran_its_lease_does_not_free_anothers_slot(driver: Driver) -> None:
    with rate_limit.hold_slot() as slow, rate_limit.hold_slot():
        driver.clock.skip_to(clock.now() + timedelta(seconds=rate_limit.LEASE_S + 1))
        with rate_limit.hold_slot() as third, rate_limit.hold_slot() as fourth:
            assert slow.name in {third.name, fourth.name}
            rate_limit._release(slow)
            with pytest.raises(SlotBusyError), rate_limit.hold_slot(patience_s=0):
                pass


@pytest.mark.usefixtures("driver")
def test_lane_seen_free_by_two_is_taken_by_one() -> None:
    with enter_platform():
        assert [rate_limit._take("1", None) is None for _ in range(2)] == [False, True]
        seen = rate_limit._read()[0]["1"]
        assert [rate_limit._take("1", seen) is None for _ in range(2)] == [False, True]


def test_lease_outlasts_a_request() -> None:
    assert client.REQUEST_LIMIT_S < rate_limit.LEASE_S
