"""How the line to the government is, for all schools and workers together, and what an answer makes of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil

from govsync.domain.answers import BatchAnswer, CredentialsRefused, NotTaken, PageAnswer, Unknown

FAILURES_TO_BREAK = 3
FIRST_PROBE_S, LONGEST_PROBE_S = 15, 300
KEY_PROBE_S = 60
# Whoever asks the neutral question has so long; should it vanish, the next worker asks then.
PROBE_LEASE_S = 30
LONGEST_PAUSE_S, LONG_PAUSE_S = 3600, 600


class LineState(StrEnum):
    """``paused``: the government asked for it. ``broken``: it does not answer. ``refused``: not with our key."""

    OPEN = "open"
    PAUSED = "paused"
    BROKEN = "broken"
    REFUSED = "refused"


@dataclass(frozen=True)
class Upstream:
    """The state, since when, why, and with which school's request it began.

    ``until``: the pause's end, or when the next neutral question may be asked; ``wait_s`` seconds after it was written,
    because the writer's clock may not be the reader's (``as_seen``). ``failures``: in a row, of any workers.
    ``probes``: neutral questions without an answer. ``version`` guards every write.
    """

    state: LineState = LineState.OPEN
    since: datetime | None = None
    cause: str = ""
    school_id: str = ""
    until: datetime | None = None
    wait_s: int = 0
    failures: int = 0
    probes: int = 0
    version: int = 0

    def as_seen(self, now: datetime) -> Upstream:
        """The same with ``until`` by the clock of whoever reads it first at ``now``: never more than the wait from it.

        A reader keeps what it made of a version; read again later, the wait would begin anew.
        """
        return replace(self, until=min(self.until, now + timedelta(seconds=self.wait_s))) if self.until else self

    def is_open(self, now: datetime) -> bool:
        """Whether requests may be sent: a pause that is over needs nobody to end it."""
        return self.state is LineState.OPEN or (self.state is LineState.PAUSED and self._is_over(now))

    def is_probe_due(self, now: datetime) -> bool:
        """Whether it is time for a neutral question."""
        return self.state in {LineState.BROKEN, LineState.REFUSED} and self._is_over(now)

    def probed(self, now: datetime) -> Upstream:
        """While one worker asks the neutral question: nobody else does for as long as that may take."""
        return _waiting(self, now, PROBE_LEASE_S)

    def after(
        self, answer: BatchAnswer | PageAnswer, *, school_id: str, now: datetime, is_probe: bool = False
    ) -> Upstream:
        """The line after an answer to a request of ``school_id``; the same object when that changes nothing.

        A request that was under way when the line closed neither lengthens nor restarts a wait; an answer opens it.
        """
        match answer:
            case CredentialsRefused(reason=reason):
                return self._refused(reason, school_id, now)
            case NotTaken(is_upstream=True) | Unknown(is_upstream=True):
                return self._failed(answer, school_id, now, is_probe=is_probe)
            case _:
                return self._answered(now)

    def alarm_after(self, before: Upstream) -> str:
        """The metric that tells a person of this state, once when it is entered; empty when nobody has to know."""
        is_new = self.state is not before.state
        match self.state:
            case LineState.BROKEN if is_new:
                return "SyncLineBroken"
            case LineState.REFUSED if is_new:
                return "SyncCredentialsRefused"
            case LineState.PAUSED if self.wait_s > LONG_PAUSE_S and (is_new or before.wait_s <= LONG_PAUSE_S):
                return "SyncLongPause"
            case _:
                return ""

    def _answered(self, now: datetime) -> Upstream:
        if self.state is LineState.PAUSED and not self._is_over(now):
            return replace(self, failures=0) if self.failures else self
        if self.state is LineState.OPEN and not self.failures:
            return self
        return self._entered(LineState.OPEN, "", "", now)

    def _refused(self, reason: str, school_id: str, now: datetime) -> Upstream:
        return _waiting(self._entered(LineState.REFUSED, reason, school_id, now), now, KEY_PROBE_S)

    def _failed(self, answer: NotTaken | Unknown, school_id: str, now: datetime, *, is_probe: bool) -> Upstream:
        if self.state in {LineState.BROKEN, LineState.REFUSED}:
            return self._probe_failed(answer, now) if is_probe else self
        asked_s, failures = _bounded(answer.asked_s), self.failures + 1
        if failures >= FAILURES_TO_BREAK:
            broken = self._entered(LineState.BROKEN, answer.reason, school_id, now)
            return _waiting(broken, now, max(FIRST_PROBE_S, asked_s))
        if asked_s:
            return self._paused(answer.reason, school_id, now, asked_s)
        still = self if self.state is LineState.OPEN or not self._is_over(now) else Upstream(version=self.version)
        return replace(still, failures=failures)

    def _probe_failed(self, answer: NotTaken | Unknown, now: datetime) -> Upstream:
        probes = self.probes + 1
        wait_s = min(FIRST_PROBE_S * 2**probes, LONGEST_PROBE_S) if self.state is LineState.BROKEN else KEY_PROBE_S
        return _waiting(replace(self, probes=probes), now, max(wait_s, _bounded(answer.asked_s)))

    def _paused(self, reason: str, school_id: str, now: datetime, asked_s: int) -> Upstream:
        """A longer pause that stands already stays."""
        failures = self.failures + 1
        if self.state is LineState.PAUSED and self.until and self.until >= now + timedelta(seconds=asked_s):
            return replace(self, failures=failures)
        entered = replace(self._entered(LineState.PAUSED, reason, school_id, now), failures=failures)
        return _waiting(entered, now, asked_s)

    def _entered(self, state: LineState, cause: str, school_id: str, now: datetime) -> Upstream:
        """In this state, by this cause: anew, or the one it is in already."""
        if state is self.state and not (state is LineState.PAUSED and self._is_over(now)):
            return replace(self, cause=cause, school_id=school_id, until=None, wait_s=0, failures=0)
        return Upstream(state, since=now, cause=cause, school_id=school_id, version=self.version)

    def _is_over(self, now: datetime) -> bool:
        return self.until is None or self.until <= now


def _waiting(upstream: Upstream, now: datetime, wait_s: int) -> Upstream:
    return replace(upstream, until=now + timedelta(seconds=wait_s), wait_s=wait_s)


def _bounded(asked_s: float) -> int:
    """What ``Retry-After`` asks for, in whole seconds, as far as we follow it."""
    return min(ceil(asked_s), LONGEST_PAUSE_S)
