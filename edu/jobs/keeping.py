"""Keeping due jobs: a process that works on a job for a while keeps its entry, so that nobody else takes it up.

It renews what it keeps every second; what a vanished process kept is anybody's after seconds (``edu.jobs.leases``).
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING

from edu import clock
from edu.jobs import repository
from edu.jobs.leases import TAKE_AFTER_S, Watch
from edu.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from edu.jobs.domain import DueJob

    JobKey = tuple[str, str | None, str]

_log = get_logger(__name__)


class KeptJobs:
    """The entries that this process keeps. Any thread's."""

    def __init__(self, keeper: str) -> None:
        self.keeper = keeper
        self._kept: dict[JobKey, DueJob] = {}
        self._vanished: set[JobKey] = set()
        self._lock = Lock()
        self._watch, self._beats = Watch(), count(1)

    def watch(self, entries: Iterable[DueJob]) -> None:
        """Look at others' leases, in a list that was just read."""
        now_s = clock.elapsed_s()
        others = [entry for entry in entries if entry.keeper and entry.keeper != self.keeper]
        self._vanished = {
            entry.key
            for entry in others
            if self._watch.unchanged_s(entry.key, (entry.keeper, entry.beat), now_s) >= TAKE_AFTER_S
        }

    def is_kept(self, entry: DueJob) -> bool:
        """Whether this process keeps it."""
        return entry.key in self._kept

    def may_keep(self, entry: DueJob, now: datetime) -> bool:
        """Whether it may be worked on here: kept here, or due and nobody's, or of a process that vanished."""
        if self.is_kept(entry):
            return True
        is_free = not entry.keeper or entry.keeper == self.keeper  # ours, though its keeping failed half-way
        return entry.key in self._vanished or (is_free and entry.due_at <= now)

    def keep(self, entry: DueJob) -> DueJob | None:
        """Keep it from now on, and return it as it stands then; ``None`` when somebody was faster.

        Each keeping counts as a hand-out until the job has ``moved``: a job that ends its process is seen by it.
        """
        if (kept := self._kept.get(entry.key)) is not None:
            return kept
        wanted = replace(entry, keeper=self.keeper, beat=next(self._beats), hand_outs=entry.hand_outs + 1)
        if not repository.replace_due(entry, wanted):
            return None
        with self._lock:
            self._kept[entry.key] = wanted
        return wanted

    def moved(self, entry: DueJob) -> DueJob:
        """The job moved: nothing counts against it any more. Returns its entry."""
        return self._count(entry, 0)

    def failed(self, entry: DueJob) -> DueJob:
        """The job could not be worked on: its ``hand_outs`` say how often in a row. Returns its entry."""
        return self._count(entry, max(entry.hand_outs, 1))

    def listed(self) -> list[DueJob]:
        """All that are kept."""
        with self._lock:
            return list(self._kept.values())

    def renew(self) -> None:
        """Renew all of them. What is not ours any more, or ended, is kept no longer.

        Raises:
            StoreUnavailableError: the table does not answer.
        """
        for entry in self.listed():
            if not repository.renew_due(entry, beat=next(self._beats)):
                self.forget(entry)

    def release(self, entry: DueJob, *, due_at: datetime) -> DueJob:
        """Let it go, to be looked at again at ``due_at``, by anybody; returns it as it stands then.

        Raises:
            StoreUnavailableError: the table does not answer; it is due here again at once, elsewhere in a moment.
        """
        kept = self._forget(entry)
        if kept is not None and not repository.release_due(kept, due_at=due_at):
            _log.info("a kept job was another's already, or had ended", kind=entry.kind, job_id=entry.job_id)
        return replace(entry, keeper="", due_at=due_at)

    def forget(self, entry: DueJob) -> None:
        """It has ended, or is another's."""
        self._forget(entry)

    def _forget(self, entry: DueJob) -> DueJob | None:
        with self._lock:
            return self._kept.pop(entry.key, None)

    def _count(self, entry: DueJob, hand_outs: int) -> DueJob:
        counted = replace(entry, hand_outs=hand_outs)
        with self._lock:
            if entry.key in self._kept:
                self._kept[entry.key] = counted
        return counted
