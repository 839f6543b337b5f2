"""The sync drill's workers: what their logs say, their ends by ``kill -9``, and how soon another goes on."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edu import clock
from edu.jobs import repository as jobs
from edu.tenancy import enter_school
from govsync import services
from govsync.domain.runs import SYNC
from govsync.domain.states import RunState
from govsync.repository import runs
from tests.integration.govsync.support import API_KEY, Government
from tests.support.cloud import Cloud
from tests.support.processes import Process

if TYPE_CHECKING:
    from collections.abc import Iterator

READY = "driving syncs"
_AHEAD_S = (0.0, 0.5)
_LOOK_EVERY_S = 0.25


@dataclass(frozen=True)
class Move:
    """A transition as its worker logged it."""

    worker: Worker
    life: int
    school_id: str
    run_id: str
    step: str
    version: int


@dataclass
class Worker:
    """One of the drill's processes, started again after each end."""

    cloud: Cloud
    government: Government
    plant: str
    ahead_s: float
    life: int = 0
    process: Process | None = None
    _read_bytes: int = 0

    def start(self) -> None:
        """A new process."""
        command = [sys.executable, "-m", "tests.drills.sync_worker", str(self.ahead_s)]
        environment = self.cloud.process_environment(
            "worker",
            LIBRETA_LOG_LEVEL="INFO",
            LIBRETA_GOV_API_URL=self.government.url,
            LIBRETA_GOV_API_KEY=API_KEY,
        )
        self.process = Process([*command, *([self.plant] if self.plant else [])], environment)
        self.life, self._read_bytes = self.life + 1, 0

    def kill(self) -> None:
        """``kill -9``."""
        assert self.process
        self.process.kill()

    def is_ready(self) -> bool:
        """Whether it drives."""
        assert self.process
        return self.process.is_running() and READY in self.process.log

    def moves(self) -> Iterator[Move]:
        """What it has logged since the last look."""
        assert self.process
        life = self.life  # who reads on after a kill reads the dead one's words
        with self.process.log_path.open("rb") as log:
            log.seek(self._read_bytes)
            whole, _, _ = log.read().rpartition(b"\n")
        self._read_bytes += len(whole) + bool(whole)
        for line in whole.splitlines():
            if b'"event":"sync moved"' in line:
                said = json.loads(line)
                yield Move(self, life, *(said[name] for name in ("school_id", "run_id", "step", "version")))


@dataclass
class Succession:
    """A kill, and since when the killed worker's run could have moved again."""

    after: Move
    killed_at_s: float
    since_s: float


@dataclass
class Workers:
    """Both workers, and the kills: one after each kind of transition, and not before the last one's run has moved."""

    cloud: Cloud
    government: Government
    plant: str
    most_kills: int
    kills: Counter[str] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    successions_s: list[tuple[float, str]] = field(default_factory=list)
    _open: Succession | None = None
    _looked_at_s: float = 0.0

    def __post_init__(self) -> None:
        self._workers = [Worker(self.cloud, self.government, self.plant, ahead_s) for ahead_s in _AHEAD_S]

    def start(self) -> None:
        """Start both."""
        for worker in self._workers:
            worker.start()

    def stop(self) -> None:
        """End both."""
        for worker in self._workers:
            if worker.process:
                worker.process.stop()

    def look(self, *, is_open: bool) -> None:
        """Read what was moved; kill who wrote a kind of transition that nobody was killed at yet."""
        for worker in self._workers:
            for move in worker.moves():
                self.steps[move.step] += 1
                self._note(move)
                if self._is_to_die(move):
                    self._kill(worker, move)
        if self._open and time.monotonic() - self._looked_at_s >= _LOOK_EVERY_S:
            self._watch(self._open, is_open=is_open)

    def _is_to_die(self, move: Move) -> bool:
        if (
            self._open
            or move.life != move.worker.life
            or self.kills[move.step]
            or self.kills.total() >= self.most_kills
        ):
            return False
        return all(worker.is_ready() for worker in self._workers)

    def _kill(self, worker: Worker, move: Move) -> None:
        worker.kill()
        now_s = time.monotonic()
        self.kills[move.step] += 1
        self._open = Succession(move, now_s, now_s)
        for last in worker.moves():
            self.steps[last.step] += 1
        worker.start()

    def _note(self, move: Move) -> None:
        """The killed worker's run moved."""
        if self._open is None:
            return
        after = self._open.after
        is_other = move.worker is not after.worker or move.life != after.life
        if is_other and (move.school_id, move.run_id) == (after.school_id, after.run_id):
            self._close(self._open)

    def _watch(self, found: Succession, *, is_open: bool) -> None:
        """The time runs from when the line is open and the run's own instant has come."""
        self._looked_at_s = time.monotonic()
        if _has_ended(found.after):
            self._close(found)
        elif not is_open or _waits(found.after):
            found.since_s = time.monotonic()

    def _close(self, found: Succession) -> None:
        self.successions_s.append((round(time.monotonic() - found.since_s, 2), found.after.step))
        self._open = None


def _has_ended(move: Move) -> bool:
    """Whether the run is off the due list: nothing more happens to it."""
    return all((entry.school_id, entry.job_id) != (move.school_id, move.run_id) for entry in jobs.list_due(SYNC.name))


def _waits(move: Move) -> bool:
    """Whether the run, as it stands in the table, is to wait for an instant or a person."""
    with enter_school(move.school_id):
        run = runs.get_run(move.run_id)
        if run.state is RunState.SENDING:
            retry_at = runs.get_batch(run.run_id, run.open_batches[0]).retry_at
        elif run.state is RunState.PARKED and run.retry_at is None:
            return True
        else:
            retry_at = run.retry_at
    return retry_at is not None and retry_at > clock.now()


def is_line_open() -> bool:
    """Whether the government may be called."""
    return services.describe_line().is_open
