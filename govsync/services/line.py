"""The line to the government as a run's step sees it: whether it is open, and one request on the turn's lane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from edu import clock
from edu.tenancy import current_school_id
from govsync.domain.lanes import LaneLease
from govsync.domain.line import Upstream
from govsync.repository import line as repository

if TYPE_CHECKING:
    from collections.abc import Callable

    from govsync.domain.answers import BatchAnswer, PageAnswer
    from govsync.services.lanes import Lane
    from govsync.services.upstream import UpstreamWatch


class Answered(Protocol):
    """What an exchange brought."""

    @property
    def answer(self) -> BatchAnswer | PageAnswer:
        """What the government's answer means, or that there was none."""


Exchange = TypeVar("Exchange", bound=Answered)


class Line:
    """A turn's right to the line: the lane it has, and what is known of the government. In a school's scope."""

    def __init__(self, lane: Lane, upstream: UpstreamWatch) -> None:
        self._lane, self._upstream = lane, upstream
        self.exchanges = 0

    @property
    def is_used_up(self) -> bool:
        """Whether the turn is over: it had its request, or its lane may be another worker's by now."""
        return self.exchanges > 0 or not self._lane.is_held

    def require_open(self) -> None:
        """Let nothing be sent, nor an attempt be used up, while the line is closed. One strongly consistent read.

        Raises:
            LineClosedError: it is paused, broken or refused.
            StoreUnavailableError: the table does not answer.
        """
        self._upstream.require_open()

    def exchange(self, request: Callable[[], Exchange]) -> Exchange:
        """Send one request when the lane is cool, and let all workers know what its answer says of the line.

        Waits for at most the second that a lane cools. ``request`` runs at most once, within the time that the lane is
        certainly ours (``edu.deadlines``).

        Raises:
            LaneLostError: the lane may be another worker's by now; nothing was sent.
        """
        return self._exchange(request, is_probe=False)

    def probe(self, request: Callable[[], Exchange]) -> None:
        """Ask the neutral question, if it is time for it and no other worker asks: its answer opens the line.

        Raises:
            LaneLostError: see ``exchange``.
            StoreUnavailableError: the table does not answer.
        """
        if self._upstream.claim_probe():
            self._exchange(request, is_probe=True)

    def _exchange(self, request: Callable[[], Exchange], *, is_probe: bool) -> Exchange:
        exchange = self._lane.send(request)
        self.exchanges += 1
        self._upstream.note(exchange.answer, school_id=current_school_id(), is_probe=is_probe)
        return exchange


@dataclass(frozen=True)
class LineReport:
    """The line as it stands in the table, for people."""

    lanes: list[LaneLease]
    upstream: Upstream
    is_open: bool


def describe_line() -> LineReport:
    """Whose the lanes are, and whether the government may be called. Strongly consistent."""
    upstream = repository.find_upstream()
    return LineReport(repository.list_lanes(), upstream, upstream.is_open(clock.now()))
