"""The limit, model-checked: workers that stop, lose the table and come back, in any order, over one table."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from edu import clock
from edu.dynamo.errors import StoreUnavailableError
from govsync.domain.lanes import LANES, LaneLease, Need
from govsync.errors import LaneLostError
from govsync.services import lanes as module
from govsync.services.lanes import Lane, Lanes

if TYPE_CHECKING:
    import pytest

LONGEST_ON_ITS_WAY_S = 2.0
SECOND_S = 1.0


@dataclass
class Table:
    """The lanes' items under their conditions; a call takes ``lag_s``, half of it on its way there.

    With ``answers_lost`` a write takes effect, and whoever wrote does not hear of it; ``away``: nothing happens.
    """

    time: SimpleNamespace
    items: dict[str, LaneLease] = field(default_factory=lambda: {name: LaneLease(name) for name in LANES})
    lag_s: float = 0.0
    away: bool = False
    answers_lost: bool = False

    def list_lanes(self) -> list[LaneLease]:
        found: list[LaneLease] = self._called(lambda: list(self.items.values()))
        return found

    def take_lane(self, seen: LaneLease, owner: str, *, beat: int) -> bool:
        return self._write(seen.name, LaneLease(seen.name, owner, beat), lambda stands: stands == seen)

    def renew_lane(self, lease: LaneLease, *, beat: int) -> bool:
        return self._update(lease, beat=beat)

    def give_lane(self, lease: LaneLease, *, beat: int) -> bool:
        return self._update(lease, owner="", beat=beat)

    def wish_for_lane(self, lease: LaneLease, worker: str) -> bool:
        return self._update(lease, wished_by=worker)

    def _update(self, lease: LaneLease, **changes: Any) -> bool:
        by = replace(self.items[lease.name], **changes)
        return self._write(lease.name, by, lambda stands: stands.owner == lease.owner)

    def _write(self, name: str, by: LaneLease, holds: Any) -> bool:
        def write() -> bool:
            if not holds(self.items[name]):
                return False
            self.items[name] = by
            return True

        is_written = bool(self._called(write))
        if self.answers_lost:
            raise StoreUnavailableError
        return is_written

    def _called(self, call: Any) -> Any:
        self.time.now_s += self.lag_s / 2
        if self.away:
            raise StoreUnavailableError
        found = call()
        self.time.now_s += self.lag_s / 2
        return found


class LineMachine(RuleBasedStateMachine):
    """Three workers. What a worker sends arrives up to two seconds later, and is answered when it has."""

    patch: pytest.MonkeyPatch

    def __init__(self) -> None:
        super().__init__()
        self.time = SimpleNamespace(now_s=1000.0)
        self.table = Table(self.time)
        self.arrived_s: list[tuple[str, float]] = []
        self.workers: list[Lanes] = []
        self.patch.setattr(clock, "elapsed_s", lambda: self.time.now_s)
        self.patch.setattr(module, "repository", self.table)
        self.patch.setattr(module, "time", SimpleNamespace(sleep=self._pass))

    def _pass(self, seconds: float) -> None:
        self.time.now_s += seconds

    @initialize()
    def start(self) -> None:
        self.workers = [Lanes(f"worker-{n}") for n in range(3)]

    @rule(number=st.integers(0, 2), wanted=st.booleans(), urgent=st.booleans())
    def need(self, number: int, wanted: bool, urgent: bool) -> None:  # noqa: FBT001
        self.workers[number].need = Need(wanted=wanted or urgent, urgent=urgent)

    @rule(
        number=st.integers(0, 2),
        lag_s=st.floats(0, 4),
        trouble=st.sampled_from(["", "", "", "away", "answers_lost"]),
    )
    def beat(self, number: int, lag_s: float, trouble: str) -> None:
        self.table.lag_s = lag_s if lag_s > 1 else 0.01
        self.table.away, self.table.answers_lost = trouble == "away", trouble == "answers_lost"
        try:
            self.workers[number].beat()
        except StoreUnavailableError:
            assert trouble

    @rule(seconds=st.floats(0.1, 1.5))
    def go_on(self, seconds: float) -> None:
        """Time passes with every worker at work."""
        self.table.lag_s, self.table.away, self.table.answers_lost = 0.01, False, False
        for worker in self.workers:
            worker.beat()
        self._pass(seconds)

    @rule(seconds=st.floats(0.1, 30))
    def stop(self, seconds: float) -> None:
        """All are stopped for a while, at whatever they were."""
        self._pass(seconds)

    @rule(number=st.integers(0, 2), others=st.sets(st.integers(0, 2)), beats=st.integers(0, 12))
    def hang(self, number: int, others: set[int], beats: int) -> None:
        """One worker has a lane and is stopped before it sends, while the others go on."""
        lane = self.workers[number].reserve()
        self.table.lag_s, self.table.away, self.table.answers_lost = 0.01, False, False
        for _ in range(beats):
            for other in others - {number}:
                self.workers[other].beat()
            self._pass(1.0)
        if lane is not None:
            self._send(self.workers[number], lane, 0.0)

    @rule(number=st.integers(0, 2), on_its_way_s=st.floats(0, LONGEST_ON_ITS_WAY_S))
    def send(self, number: int, on_its_way_s: float) -> None:
        lane = self.workers[number].reserve()
        if lane is not None:
            self._send(self.workers[number], lane, on_its_way_s)

    def _send(self, worker: Lanes, lane: Lane, on_its_way_s: float) -> None:
        """Its answer comes as soon as it has arrived; meanwhile the worker's renewals go on."""

        def request() -> None:
            self.arrived_s.append((lane.name, self.time.now_s + on_its_way_s))
            self._pass(on_its_way_s)

        try:
            lane.send(request)
        except LaneLostError:
            pass
        finally:
            worker.give_back(lane)

    @rule(number=st.integers(0, 2))
    def kill(self, number: int) -> None:
        """A process ends with all it knows; its successor has another name."""
        self.workers[number] = Lanes(f"{self.workers[number].worker}+")
        self.workers[number].need = Need(wanted=True)

    @rule(number=st.integers(0, 2), on_its_way_s=st.floats(0, LONGEST_ON_ITS_WAY_S))
    def send_and_die(self, number: int, on_its_way_s: float) -> None:
        """Nobody hears the answer, and what was sent may still be on its way."""
        lane = self.workers[number].reserve()
        if lane is None:
            return
        self._pass(max(0.0, lane.cool_at_s - self.time.now_s))
        try:
            lane.require()
        except LaneLostError:
            return
        self.arrived_s.append((lane.name, self.time.now_s + on_its_way_s))
        self.kill(number)

    @invariant()
    def no_lane_carries_two_in_a_second(self) -> None:
        for name in LANES:
            arrived_s = sorted(at for lane, at in self.arrived_s if lane == name)
            assert all(later - earlier > SECOND_S for earlier, later in pairwise(arrived_s))


def test_no_order_of_events_brings_two_requests_of_a_lane_within_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    LineMachine.patch = monkeypatch
    run_state_machine_as_test(LineMachine, settings=settings(max_examples=300, stateful_step_count=40, deadline=None))


def test_two_workers_have_two_lanes_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    time = SimpleNamespace(now_s=1000.0)
    monkeypatch.setattr(clock, "elapsed_s", lambda: time.now_s)
    monkeypatch.setattr(module, "repository", Table(time))
    one, other = Lanes("one"), Lanes("other")
    for worker in (one, other):
        worker.need = Need(wanted=True, urgent=True)
    for _ in range(10):
        one.beat()
        other.beat()
        assert one.owned + other.owned <= len(LANES)
        time.now_s += 1.0
    assert (one.owned, other.owned) == (1, 1)
