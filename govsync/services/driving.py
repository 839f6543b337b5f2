"""Driving the runs from the due list, turn by turn, on the lanes this worker has (ADR 0028)."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from threading import Event, Thread
from typing import TYPE_CHECKING

from edu import clock
from edu.errors import UnavailableError
from edu.jobs import repository as jobs
from edu.jobs.keeping import KeptJobs
from edu.jobs.leases import RENEW_EVERY_S
from edu.logs import get_logger
from govsync.domain.lanes import LANES, Need
from govsync.domain.runs import SYNC
from govsync.domain.turns import choose_run
from govsync.services.advancing import advance_run
from govsync.services.lanes import Lanes
from govsync.services.turns import FAILURES_TO_ALARM, Turns
from govsync.services.upstream import UpstreamWatch

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from edu.jobs.domain import DueJob
    from govsync.services.lanes import Lane
    from govsync.services.turns import Step

    RunKey = tuple[str, str | None, str]

POLL_S = 1.0
# A worker without work gives its lanes up after so long: whoever has work may have both.
IDLE_S = 2.0
LONGEST_PAUSE_S = 15.0
_LEAVING_POLL_S, _LEAVING_POLLS = 0.1, 50
_log = get_logger(__name__)


class Driver:
    """One worker. ``run`` is the process's main thread; turns have a thread for each lane, renewals one for all."""

    def __init__(self, worker: str, *, step: Step = advance_run) -> None:
        self._lanes, self._kept, self._upstream = Lanes(worker), KeptJobs(worker), UpstreamWatch()
        self._turns = Turns(self._kept, self._upstream, step)
        self._entries: dict[RunKey, DueJob] = {}
        self._in_turn: set[RunKey] = set()
        self._last_turns: dict[RunKey, datetime] = {}
        self._turn = 0
        self._stop, self._wake = Event(), Event()
        self._beat_now, self._has_left = Event(), Event()
        self._polled_s = self._worked_s = -float("inf")
        self._waiting_since_s: float | None = None
        self._pause_s = 0.0

    def stop(self) -> None:
        """End after the turns under way. Safe in a signal handler: it touches nothing that ``run`` waits for."""
        self._stop.set()

    def run(self) -> None:
        """Drive until told to stop; then let go of runs and lanes, so that another worker goes on at once."""
        heart = Thread(target=self._renew_on, name="renewals")
        heart.start()
        with ThreadPoolExecutor(len(LANES), thread_name_prefix="lane") as pool:
            while not self._stop.is_set():
                self._rest(self._round(pool))
        self._leave()
        heart.join()

    # --- the main thread: which run, on which lane

    def _rest(self, seconds: float) -> None:
        """Wait so long, or until a turn ends, a lane is taken or the driver is to stop."""
        until_s = clock.elapsed_s() + seconds
        while not self._stop.is_set() and (left_s := until_s - clock.elapsed_s()) > 0:
            if self._wake.wait(min(left_s, POLL_S)):
                break
        self._wake.clear()

    def _round(self, pool: ThreadPoolExecutor) -> float:
        """Look, hand out what can be, and say for how many seconds there is nothing to do."""
        try:
            self._look()
            idle = [entry for entry in self._kept.listed() if entry.key not in self._in_turn]
            self._begin_turns(pool)
            self._release(entry for entry in idle if entry.key not in self._in_turn)
        except UnavailableError as error:
            return self._pause(error.code)
        except Exception as error:  # noqa: BLE001 - nothing is above this; what was not done is done at the next round
            _log.exception("round failed", error=type(error).__name__)
            return self._pause(type(error).__name__)
        if self._pause_s:
            _log.info("table answers again")
            self._pause_s = 0.0
        return self._idle_s()

    def _pause(self, reason: str) -> float:
        if not self._pause_s:
            _log.error("table does not answer", reason=reason)
        self._pause_s = min(2 * self._pause_s or POLL_S, LONGEST_PAUSE_S)
        return self._pause_s

    def _look(self) -> None:
        """Read the due list once a second, and the line's state while it is closed."""
        if clock.elapsed_s() - self._polled_s < POLL_S:
            return
        entries = jobs.list_due(SYNC.name)
        self._polled_s = clock.elapsed_s()
        self._kept.watch(entries)
        self._entries = {entry.key: entry for entry in entries}
        self._last_turns = {key: at for key, at in list(self._last_turns.items()) if key in self._entries}
        if not self._upstream.known.is_open(clock.now()):
            self._upstream.look()

    def _begin_turns(self, pool: ThreadPoolExecutor) -> None:
        """A turn for each lane that is free, as far as there are runs. On a closed line one turn, which asks."""
        ready = self._ready()
        self._say_need(ready)
        while ready and not self._stop.is_set() and (lane := self._lanes.reserve()):
            entry = choose_run(ready, self._last_turns, self._turn + 1)
            if entry is None or not self._begin(entry, lane, pool):
                self._lanes.give_back(lane)
            ready = self._ready()

    def _ready(self) -> list[DueJob]:
        """The runs that may have a turn now."""
        now, known = clock.now(), self._upstream.known
        if not known.is_open(now) and (self._in_turn or not known.is_probe_due(now)):
            return []
        entries = list(self._entries.values())
        return [entry for entry in entries if entry.key not in self._in_turn and self._kept.may_keep(entry, now)]

    def _begin(self, entry: DueJob, lane: Lane, pool: ThreadPoolExecutor) -> bool:
        """Keep the run and begin its turn; ``False`` when another worker has it, or when it is put off."""
        kept = self._kept.keep(entry)
        if kept is None:
            self._entries.pop(entry.key)  # until the list is read again
            return False
        if kept.hand_outs > FAILURES_TO_ALARM and entry.keeper:  # its turns have ended process after process
            self._entries[entry.key] = self._turns.put_off(kept)
            return False
        self._turn += 1
        self._in_turn.add(kept.key)
        pool.submit(Context().run, self._take_turn, kept, lane)
        return True

    def _release(self, lost: Iterable[DueJob]) -> None:
        """Let go of runs that were idle and lost the choice: they stay due, and any worker may have them."""
        for entry in lost:
            self._entries[entry.key] = self._kept.release(entry, due_at=entry.due_at)

    def _leave(self) -> None:
        """Let everything go; what is not let go within seconds is taken when its lease has run out."""
        try:
            self._release(self._kept.listed())
        except UnavailableError as error:
            _log.warning("runs not let go", error=error.code)
        self._lanes.need = Need()
        for _ in range(_LEAVING_POLLS):
            if not self._lanes.owned:
                break
            self._beat_now.set()
            time.sleep(_LEAVING_POLL_S)
        self._has_left.set()
        self._beat_now.set()

    def _say_need(self, ready: list[DueJob]) -> None:
        """What the lanes are needed for; a lane is asked of another worker once runs have waited for a second."""
        now_s = clock.elapsed_s()
        if ready or self._in_turn:
            self._worked_s = now_s
        if not ready or self._lanes.owned:
            self._waiting_since_s = None
        elif self._waiting_since_s is None:
            self._waiting_since_s = now_s
        is_urgent = self._waiting_since_s is not None and now_s - self._waiting_since_s >= POLL_S
        need = Need(wanted=now_s - self._worked_s < IDLE_S, urgent=is_urgent)
        if need != self._lanes.need:
            self._lanes.need = need
            self._beat_now.set()

    def _idle_s(self) -> float:
        """Until the list is to be read, or the next run that we know of is due."""
        now = clock.now()
        instants = [entry.due_at for entry in list(self._entries.values())] + [self._upstream.known.until or now]
        until_next_s = min([(at - now).total_seconds() for at in instants if at > now], default=POLL_S)
        return max(0.0, min(self._polled_s + POLL_S - clock.elapsed_s(), until_next_s))

    # --- a lane's thread

    def _take_turn(self, entry: DueJob, lane: Lane) -> None:
        after: DueJob | None = entry
        try:
            after = self._turns.take(entry, lane)
        except UnavailableError as error:
            _log.warning("due list not written", error=error.code)
        except Exception as error:  # noqa: BLE001 - nothing is above this; the run is due again
            _log.exception("turn failed", error=type(error).__name__)
        finally:
            self._lanes.give_back(lane)
            self._end_turn(entry.key, after)
            self._wake.set()

    def _end_turn(self, key: RunKey, after: DueJob | None) -> None:
        """What the main thread has to know of it before the list is read again."""
        if after is None:
            self._entries.pop(key, None)
        else:
            self._entries[key] = after
        self._last_turns[key] = clock.now()
        self._in_turn.discard(key)

    # --- the renewals' thread

    def _renew_on(self) -> None:
        is_away = False
        while not self._has_left.is_set():
            self._beat_now.wait(RENEW_EVERY_S)
            self._beat_now.clear()
            try:
                self._renew()
                is_away = False
            except UnavailableError as error:
                if not is_away:
                    _log.error("leases not renewed", error=error.code)
                is_away = True
            except Exception as error:  # noqa: BLE001 - it must go on; what was not renewed is not used
                _log.exception("leases not renewed", error=type(error).__name__)

    def _renew(self) -> None:
        if self._lanes.beat():
            self._wake.set()
        self._kept.renew()
