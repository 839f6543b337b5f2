"""Requests in line for a few threads: by turns between their senders, so that nobody waits for another's hundred.

Two groups take turns, those whose token was verified lately and everybody else, and in each group its senders: whoever
makes up tokens or sessions shares the second group's turns. Neither a sender nor the second group may keep all threads.
"""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from queue import SimpleQueue

Job = TypeVar("Job")


class Place(NamedTuple):
    """Whose turn a request waits for."""

    sender: str
    is_known: bool


class _Group(Generic[Job]):
    """The senders of one group: their waiting jobs, in the order of their turns, and how many are at work."""

    def __init__(self) -> None:
        self.waiting: dict[str, deque[Job]] = {}
        self.at_work: dict[str, int] = {}

    @property
    def all_at_work(self) -> int:
        return sum(self.at_work.values())

    def begin(self, sender: str) -> None:
        self.at_work[sender] = self.at_work.get(sender, 0) + 1

    def end(self, sender: str) -> None:
        left = self.at_work.pop(sender) - 1
        if left:
            self.at_work[sender] = left

    def take(self, most: int) -> tuple[str, Job] | None:
        """The job of the sender whose turn it is and who has fewer than so many at work."""
        sender = next((one for one in self.waiting if self.at_work.get(one, 0) < most), None)
        if sender is None:
            return None
        jobs = self.waiting.pop(sender)
        job = jobs.popleft()
        if jobs:
            self.waiting[sender] = jobs  # behind all others
        return sender, job

    def longest(self) -> str | None:
        """The sender with most jobs in line; of several the one whose turn is last."""
        return max(reversed(self.waiting), key=lambda sender: len(self.waiting[sender]), default=None)

    def drop_last(self, sender: str) -> Job:
        jobs = self.waiting[sender]
        job = jobs.pop()
        if not jobs:
            del self.waiting[sender]
        return job


class Line(Generic[Job]):
    """The line of one set of threads. Any thread may call; each of the set brings a queue of its own to ``get``.

    The thread that was idle last works first: what it needs is still in its processor. With the longest idle first, as
    of one queue for all, a lone teacher's write took 3 % more of its time.
    """

    def __init__(self, *, threads: int, most_waiting: int) -> None:
        self._most_waiting = most_waiting
        self._most_at_once = max(1, threads // 2)
        self._lock = Lock()
        self._known, self._others = _Group[Job](), _Group[Job]()
        self._size = 0
        self._idle: list[SimpleQueue[tuple[Place, Job] | None]] = []
        self._is_over = False

    def put(self, place: Place, job: Job) -> Job | None:
        """Hand a job to an idle thread, or have it wait; returns the job that lost its place, which may be this one.

        A full line turns away the last of whoever has most in it, of those who are not known first.
        """
        with self._lock:
            if self._idle and self._may_begin(place):
                self._group(place).begin(place.sender)
                self._idle.pop().put((place, job))
                return None
            lost = None
            if self._size >= self._most_waiting:
                loser = self._loser(place)
                if loser is None:
                    return job
                lost = self._group(loser).drop_last(loser.sender)
                self._size -= 1
            self._group(place).waiting.setdefault(place.sender, deque()).append(job)
            self._size += 1
            return lost

    def get(self, own: SimpleQueue[tuple[Place, Job] | None], done: Place | None) -> tuple[Place, Job] | None:
        """The next job for the thread that ``own`` belongs to, which has ``done`` one of this place; waits for it.

        ``None`` when there will be no more.
        """
        with self._lock:
            if done:
                self._group(done).end(done.sender)
            if found := self._take():
                return found
            if self._is_over:
                return None
            self._idle.append(own)
        return own.get()

    def end(self) -> None:
        """Have the threads end when the line is empty."""
        with self._lock:
            self._is_over = True
            for own in self._idle:
                own.put(None)
            self._idle.clear()

    def _group(self, place: Place) -> _Group[Job]:
        return self._known if place.is_known else self._others

    def _may_begin(self, place: Place) -> bool:
        group = self._group(place)
        busy = group.at_work.get(place.sender, 0) if place.is_known else group.all_at_work
        return busy < self._most_at_once

    def _take(self) -> tuple[Place, Job] | None:
        """The job whose turn it is: of the group that has fewer at work, the known one first."""
        groups = [(self._known, True), (self._others, False)]
        for group, is_known in sorted(groups, key=lambda one: one[0].all_at_work):
            if not is_known and group.all_at_work >= self._most_at_once:
                continue
            if taken := group.take(self._most_at_once):
                sender, job = taken
                group.begin(sender)
                self._size -= 1
                return Place(sender, is_known), job
        return None

    def _loser(self, newcomer: Place) -> Place | None:
        """Who gives up a place for a newcomer."""
        own = len(self._group(newcomer).waiting.get(newcomer.sender, ()))
        longest = self._others.longest()
        if longest and (newcomer.is_known or len(self._others.waiting[longest]) > own + 1):
            return Place(longest, is_known=False)
        longest = self._known.longest()
        if longest and newcomer.is_known and len(self._known.waiting[longest]) > own + 1:
            return Place(longest, is_known=True)
        return None
