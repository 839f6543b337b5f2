"""Requests in line for SQS, and how many of them make a message. No waiting and no sending here."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import msgspec

from behavior.domain.events import MAX_EVENTS
from behavior.domain.ledger import number_message
from behavior.errors import QueueUnavailableError
from edu.http.errors import BusyError
from edu.http.front.limits import KIB, MIB

if TYPE_CHECKING:
    from asyncio import Future

    from behavior.domain.ledger import MessageNumber

EVENTS_OF_MESSAGE = MAX_EVENTS  # the largest request's, so that no request is ever split
BYTES_OF_MESSAGE = 256 * KIB  # of parts; the largest request has 130 KB; in base64 342 KiB: SQS takes 1 MiB
MOST_EVENTS, MOST_BYTES = 10_000, 16 * MIB  # in line and being sent, of all requests


class Share:
    """One request's share of a message, of one school, and who waits for it: ``done`` gets the message's name.

    ``came_s`` is when, by the event loop's clock.
    """

    __slots__ = ("came_s", "done", "events", "school_id", "text")

    def __init__(self, text: bytes, school_id: str, events: int, done: Future[str], *, came_s: float = 0.0) -> None:
        self.text, self.school_id, self.events, self.done, self.came_s = text, school_id, events, done, came_s

    def accept(self, message: str) -> None:
        """Tell the caller, if they still wait."""
        if not self.done.done():
            self.done.set_result(message)

    def fail(self) -> None:
        """Tell the caller that nothing is known of their events."""
        if not self.done.done():
            self.done.set_exception(QueueUnavailableError())


class Batch:
    """The parts of one message."""

    __slots__ = ("bytes", "events", "parts")

    def __init__(self) -> None:
        self.parts: list[Share] = []
        self.events = self.bytes = 0

    def add(self, part: Share) -> None:
        """Put one more request into it."""
        self.parts.append(part)
        self.events += part.events
        self.bytes += len(part.text)

    def has_room_for(self, part: Share) -> bool:
        """Whether the request fits; into an empty one any does."""
        if not self.parts:
            return True
        return self.events + part.events <= EVENTS_OF_MESSAGE and self.bytes + len(part.text) <= BYTES_OF_MESSAGE

    def keywords(self, number: MessageNumber) -> bytes:
        """The keywords of the task, as JSON."""
        parts = b",".join(part.text for part in self.parts)
        return b'{"parts":[%b],%b' % (parts, msgspec.json.encode(number_message(number))[1:])


class Buffer:
    """Requests in line, first come first sent; bounded in events and bytes together with those being sent."""

    def __init__(self, *, most_events: int = MOST_EVENTS, most_bytes: int = MOST_BYTES) -> None:
        self._most_events, self._most_bytes = most_events, most_bytes
        self._waiting: deque[Share] = deque()
        self._sending: set[Batch] = set()
        self._events = self._bytes = 0
        self._events_in_line = self._bytes_in_line = 0

    @property
    def fills_a_message(self) -> bool:
        """Whether the line holds as much as goes into one message."""
        return self._events_in_line >= EVENTS_OF_MESSAGE or self._bytes_in_line >= BYTES_OF_MESSAGE

    @property
    def since_s(self) -> float | None:
        """When the first in line came; ``None`` when nobody is in line."""
        return self._waiting[0].came_s if self._waiting else None

    def join(self, part: Share) -> None:
        """Stand in line.

        Raises:
            BusyError: there is no room.
        """
        if self._events + part.events > self._most_events or self._bytes + len(part.text) > self._most_bytes:
            raise BusyError
        self._events += part.events
        self._bytes += len(part.text)
        self._events_in_line += part.events
        self._bytes_in_line += len(part.text)
        self._waiting.append(part)

    def take(self) -> Batch | None:
        """The next message's requests, which count until ``release``. Callers who wait no more are left out."""
        batch = Batch()
        while self._waiting and batch.has_room_for(self._waiting[0]):
            part = self._leave()
            if part.done.done():
                self._forget(part)
            else:
                batch.add(part)
        if not batch.parts:
            return None
        self._sending.add(batch)
        return batch

    def release(self, batch: Batch) -> None:
        """The message was sent, or was not."""
        self._sending.remove(batch)
        for part in batch.parts:
            self._forget(part)

    def fail_waiting(self) -> None:
        """Tell everybody in line that their events are not safe. None of them was sent."""
        while self._waiting:
            part = self._leave()
            self._forget(part)
            part.fail()

    def unanswered(self) -> list[Share]:
        """Everybody who waits for an answer, in line or being sent."""
        sending = [part for batch in self._sending for part in batch.parts]
        return [part for part in (*sending, *self._waiting) if not part.done.done()]

    def _leave(self) -> Share:
        """Let the first in line go on."""
        part = self._waiting.popleft()
        self._events_in_line -= part.events
        self._bytes_in_line -= len(part.text)
        return part

    def _forget(self, part: Share) -> None:
        self._events -= part.events
        self._bytes -= len(part.text)
