"""A worker's lanes of the line: taken while it has something to send, renewed, given up cool (``domain.lanes``)."""

from __future__ import annotations

import time
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from edu import clock
from edu.jobs.leases import HELD_S, Watch
from edu.logs import get_logger
from govsync.domain import rights
from govsync.domain.lanes import COOLING_S, Need, plan_beat
from govsync.errors import LaneLostError
from govsync.repository import line as repository

if TYPE_CHECKING:
    from collections.abc import Callable

    from govsync.domain.lanes import LaneLease

T = TypeVar("T")
_log = get_logger(__name__)


class Lane:
    """A lane that is ours, and used by one turn at a time. All instants are of ``clock.elapsed_s``."""

    def __init__(self, name: str, *, renewed_at_s: float, cool_at_s: float) -> None:
        self.name = name
        self.renewed_at_s, self.cool_at_s = renewed_at_s, cool_at_s
        self.is_lost = self.is_used = False

    def send(self, request: Callable[[], T]) -> T:
        """``request``'s result, called once the lane is cool; from its end on the lane cools again.

        Raises:
            LaneLostError: the lane was not renewed in time; ``request`` was not called, or sent nothing.
        """
        time.sleep(max(0.0, self.cool_at_s - clock.elapsed_s()))
        self.require()
        try:
            with rights.lent(self.require):
                return request()
        finally:
            self.cool_at_s = clock.elapsed_s() + COOLING_S

    def require(self) -> None:
        """Raise LaneLostError unless ``is_held``."""
        if not self.is_held:
            raise LaneLostError(f"lane {self.name}")

    @property
    def is_held(self) -> bool:
        """Whether it is certainly ours at this moment."""
        return not self.is_lost and clock.elapsed_s() - self.renewed_at_s < HELD_S

    @property
    def is_idle(self) -> bool:
        """Whether it is cool, and no turn has it."""
        return not self.is_used and self.cool_at_s <= clock.elapsed_s()


class Lanes:
    """What one worker holds of the two. ``beat`` is one thread's; the others are any thread's."""

    def __init__(self, worker: str) -> None:
        self.worker = worker
        self.need = Need()
        self._lanes: dict[str, Lane] = {}
        self._leaving: set[str] = set()
        self._lock = Lock()
        self._watch, self._beats = Watch(), count(1)

    def reserve(self) -> Lane | None:
        """The lane that is cool first, for one turn; ``None`` when all are in use, lost or about to be given up."""
        with self._lock:
            found = [lane for lane in self._lanes.values() if self._is_free(lane)]
            lane = min(found, key=lambda lane: lane.cool_at_s, default=None)
            if lane is not None:
                lane.is_used = True
            return lane

    def give_back(self, lane: Lane) -> None:
        """The turn is over."""
        with self._lock:
            lane.is_used = False

    @property
    def owned(self) -> int:
        """How many are ours."""
        return len(self._lanes)

    def beat(self) -> bool:
        """Look at both lanes, renew ours, take or give up what is to be; whether one more is ours now.

        Raises:
            StoreUnavailableError: the table does not answer; nothing is sent any more once the leases have run out.
        """
        leases = repository.list_lanes()
        now_s = clock.elapsed_s()
        since_s = [self._watch.unchanged_s(lease.name, (lease.owner, lease.beat), now_s) for lease in leases]
        self._forget_lost(leases)
        plan = plan_beat(self.worker, leases, since_s, self.need)
        with self._lock:
            self._leaving = {lease.name for lease in plan.give}
        for lease in (*plan.keep, *plan.give):
            self._renew(lease)
        for lease in plan.give:
            self._give_if_idle(lease)
        if plan.wish and repository.wish_for_lane(plan.wish, self.worker):
            _log.info("wished for a lane", lane=plan.wish.name, owner=plan.wish.owner)
        taken = [lease for lease in plan.take if self._take(lease)]
        return bool(taken)

    def _is_free(self, lane: Lane) -> bool:
        return lane.is_held and not lane.is_used and lane.name not in self._leaving

    def _forget_lost(self, leases: list[LaneLease]) -> None:
        own = {lease.name for lease in leases if lease.owner == self.worker}
        for name in [name for name in self._lanes if name not in own]:
            self._lose(name)

    def _lose(self, name: str) -> None:
        with self._lock:
            lane = self._lanes.pop(name, None)
            if lane is not None:
                lane.is_lost = True
        _log.warning("lane lost", lane=name)

    def _renew(self, lease: LaneLease) -> None:
        began_s = clock.elapsed_s()
        if repository.renew_lane(lease, beat=next(self._beats)):
            self._hold(lease.name, began_s)
        else:
            self._lose(lease.name)

    def _take(self, lease: LaneLease) -> bool:
        began_s = clock.elapsed_s()
        is_taken = repository.take_lane(lease, self.worker, beat=next(self._beats))
        if is_taken:
            self._hold(lease.name, began_s, cool_at_s=began_s)
            _log.info("lane taken", lane=lease.name, from_owner=lease.owner)
        return is_taken

    def _hold(self, name: str, renewed_at_s: float, cool_at_s: float | None = None) -> None:
        """It is ours as of this renewal; one that we did not know of (its taking's answer was lost) counts as hot."""
        with self._lock:
            lane = self._lanes.get(name)
            if lane is None:
                cool = renewed_at_s + COOLING_S if cool_at_s is None else cool_at_s
                self._lanes[name] = Lane(name, renewed_at_s=renewed_at_s, cool_at_s=cool)
            else:
                lane.renewed_at_s = renewed_at_s

    def _give_if_idle(self, lease: LaneLease) -> None:
        """What is not given now is at the next beat; it is not reserved meanwhile."""
        with self._lock:
            lane = self._lanes.get(lease.name)
            if lane is None or not lane.is_idle:
                return
            del self._lanes[lease.name]
            lane.is_lost = True
        if repository.give_lane(lease, beat=next(self._beats)):
            _log.info("lane given up", lane=lease.name, wished_by=lease.wished_by)
