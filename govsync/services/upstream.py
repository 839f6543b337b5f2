"""What this worker knows of the line's state, and how all workers learn what an answer says of it."""

from __future__ import annotations

from dataclasses import replace
from threading import RLock
from typing import TYPE_CHECKING

from edu import clock
from edu.errors import UnavailableError
from edu.logs import get_logger
from edu.metrics import COUNT, embedded
from govsync.domain.line import LineState, Upstream
from govsync.errors import LineClosedError
from govsync.repository import line as repository

if TYPE_CHECKING:
    from govsync.domain.answers import BatchAnswer, PageAnswer

_ATTEMPTS = 5
_log = get_logger(__name__)


class UpstreamWatch:
    """The state as it was last read, its waits by this process's clock. Any thread's."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._known = Upstream()

    @property
    def known(self) -> Upstream:
        """The state as it was last read."""
        return self._known

    def look(self) -> Upstream:
        """The state as it is. Strongly consistent.

        Raises:
            StoreUnavailableError: the table does not answer.
        """
        found = repository.find_upstream()
        with self._lock:
            if found.version != self._known.version:
                self._known = found.as_seen(clock.now())
            return self._known

    def require_open(self) -> None:
        """Raise LineClosedError unless requests may be sent; one read."""
        upstream, now = self.look(), clock.now()
        if not upstream.is_open(now):
            raise LineClosedError(upstream.until or now, upstream.cause)

    def claim_probe(self) -> bool:
        """Whether the neutral question is this worker's to ask: it is time for it, and nobody else does.

        Raises:
            StoreUnavailableError: the table does not answer.
        """
        with self._lock:
            now, known = clock.now(), self._known
            if known.is_probe_due(now) and self._save(known.probed(now)):
                return True
        self.look()
        return False

    def note(self, answer: BatchAnswer | PageAnswer, *, school_id: str, is_probe: bool) -> None:
        """Write what the answer makes of the state, if it changes it.

        Never fails: the answer itself matters more, and a state that was not written is found out anew.
        """
        try:
            for _ in range(_ATTEMPTS):
                if self._is_noted(answer, school_id, is_probe=is_probe):
                    return
                self.look()
        except UnavailableError as error:
            _log.warning("state of the line not written", error=error.code)
        else:
            _log.warning("state of the line does not hold still")

    def _is_noted(self, answer: BatchAnswer | PageAnswer, school_id: str, *, is_probe: bool) -> bool:
        with self._lock:
            before = self._known
            after = before.after(answer, school_id=school_id, now=clock.now(), is_probe=is_probe)
            if after is before:
                return True
            is_saved = self._save(after)
        if is_saved:
            _tell(before, after)
        return is_saved

    def _save(self, upstream: Upstream) -> bool:
        wanted = replace(upstream, version=self._known.version + 1)
        is_saved = repository.save_upstream(wanted)
        if is_saved:
            self._known = wanted
        return is_saved


def _tell(before: Upstream, after: Upstream) -> None:
    """Log a change of the state; once, when it is entered, with the metric that alarms."""
    about = {"state": str(after.state), "was": str(before.state), "cause": after.cause, "school_id": after.school_id}
    metric = after.alarm_after(before)
    if metric:
        _log.error("line closed", wait_s=after.wait_s, **about, **embedded(metric, 1, COUNT))
    elif after.state is not before.state:
        level = _log.info if after.state is LineState.OPEN else _log.warning
        level("line changed", wait_s=after.wait_s, **about)
