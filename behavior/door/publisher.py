"""Sending events to SQS by group commit: what arrives together goes in one message (ADR 0020).

The task is named, not imported: neither its services nor the table belong to the door's process.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec
from django.conf import settings

from behavior.domain.events import STORE_EVENTS, part_message
from behavior.domain.ledger import REPORT_MESSAGES
from behavior.door.batches import Buffer, Share
from behavior.door.numbering import Numbering
from behavior.errors import QueueUnavailableError
from edu.aws.sending import QueueCallError, QueueSender
from edu.envelopes import write_envelope
from edu.logs import get_logger
from edu.metrics import COUNT, MILLISECONDS, embedded
from edu.queues import BEHAVIOR

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from behavior.domain.events import Event
    from behavior.domain.ledger import MessageNumber
    from behavior.door.batches import Batch

SLOTS = 4  # messages on their way at once
LINGER_S = 0.001  # how long a request waits for others while a message is on its way
ANSWER_S = 5.0  # then a caller is told 503, whatever becomes of their events
PROBE_EVERY_S = 0.5
CLOSE_S = 4.0
REPORT_AT_THE_END_S = 2.0
_LOOK_EVERY_S = 0.1
_encode = msgspec.json.Encoder().encode
_log = get_logger(__name__)


class Publisher:
    """Sends what callers bring, several requests a message. One event loop only.

    When none is on its way a message goes at once, with what is there; what arrives meanwhile makes the next one, which
    goes when it is full, when the one before has arrived, or ``LINGER_S`` after its first request. After a failed send
    nothing is sent, and every caller refused at once, until the queue answers a question again.
    """

    def __init__(self, queue: QueueSender | None = None, *, buffer: Buffer | None = None, slots: int = SLOTS) -> None:
        self._given_queue, self._slots = queue, slots
        self._buffer = buffer or Buffer()
        self._numbering = Numbering()
        self._sends: set[asyncio.Task[None]] = set()
        self._free_slots = slots
        self._is_going_to_send = self._is_closing = False
        self._linger: asyncio.TimerHandle | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._reporting: asyncio.Task[None] | None = None
        self._outages = 0
        self._probing: asyncio.Task[None] | None = None

    @cached_property
    def _queue(self) -> QueueSender:
        """The queue of the settings as they are at the first event."""
        return self._given_queue or QueueSender(
            settings.BEHAVIOR_QUEUE_URL, connections=self._slots + 1
        )  # one for the probe, or a report

    async def publish(self, *, school_id: str, student_id: str, arrived_at: datetime, events: Sequence[Event]) -> str:
        """Return once SQS holds the events, with the name that their message has in the log.

        Raises:
            BusyError: too many requests are waiting; nothing was sent.
            QueueUnavailableError: SQS did not say so, or does not answer. It may hold them all the same: a repeat is
                harmless.
        """
        if self._probing or self._is_closing:
            raise QueueUnavailableError
        sent = part_message(school_id=school_id, student_id=student_id, arrived_at=arrived_at, events=events)
        loop = asyncio.get_running_loop()
        part = Share(_encode(sent), school_id, len(events), loop.create_future(), came_s=loop.time())
        self._buffer.join(part)
        if not self._watch:
            self._watch = loop.call_at(part.came_s + ANSWER_S, self._look)
        self._send_soon()
        return await part.done

    async def close(self) -> None:
        """Take no more, and send what was taken; what is not sent after ``CLOSE_S`` seconds has failed.

        The last report goes then, if the queue takes it.
        """
        self._is_closing = True
        if self._probing:
            self._probing.cancel()
        unanswered = self._buffer.unanswered()
        if unanswered:
            await asyncio.wait([part.done for part in unanswered], timeout=CLOSE_S)
        for part in unanswered:
            part.fail()
        for timer in (self._linger, self._watch, self._reporting):
            if timer:
                timer.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(REPORT_AT_THE_END_S):
                await self._report()
        for send in self._sends:
            send.cancel()
        self._queue.close()

    def _send_soon(self) -> None:
        """Send when the loop has run what it has to run now: requests that arrived together go together."""
        if not self._is_going_to_send:
            self._is_going_to_send = True
            asyncio.get_running_loop().call_soon(self._send_waiting)

    def _look(self) -> None:
        """Tell everybody whose time is over. A timer for each would be a tenth of what a request costs."""
        loop = asyncio.get_running_loop()
        late = [part for part in self._buffer.unanswered() if part.came_s + ANSWER_S <= loop.time()]
        for part in late:
            part.fail()
        first_s = min((part.came_s for part in self._buffer.unanswered()), default=None)
        soonest_s = loop.time() + _LOOK_EVERY_S  # each look is at everybody
        self._watch = None if first_s is None else loop.call_at(max(first_s + ANSWER_S, soonest_s), self._look)

    def _send_waiting(self) -> None:
        self._is_going_to_send = False
        while self._free_slots and self._may_send() and (batch := self._buffer.take()):
            self._free_slots -= 1
            send = asyncio.create_task(self._send(batch, self._numbering.begin()))
            self._sends.add(send)
            send.add_done_callback(self._sends.discard)
            if not self._reporting:
                self._reporting = asyncio.create_task(self._report_again_and_again())

    def _may_send(self) -> bool:
        """Whether the next message goes now; if not, it is looked at again when its first request has waited enough."""
        if self._free_slots == self._slots or self._is_closing or self._buffer.fills_a_message:
            return True
        since_s = self._buffer.since_s
        if since_s is None:
            return False
        loop = asyncio.get_running_loop()
        if since_s + LINGER_S <= loop.time():
            return True
        if not self._linger:
            self._linger = loop.call_at(since_s + LINGER_S, self._end_linger)
        return False

    def _end_linger(self) -> None:
        self._linger = None
        self._send_waiting()

    async def _send(self, batch: Batch, number: MessageNumber) -> None:
        """Send the message of a batch and tell its callers."""
        outages_before, name = self._outages, uuid4().hex
        try:
            await self._queue.send(_text(STORE_EVENTS, batch.keywords(number), name))
        except Exception as error:  # noqa: BLE001 - whatever it was: its callers are told, and it is in the log
            self._end(batch)
            self._numbering.fail(number)
            for part in batch.parts:
                part.fail()
            if outages_before == self._outages:  # else it began before the outage that is known of
                self._break(error, batch)
            self._send_waiting()
        else:
            self._end(batch)
            self._numbering.accept(number, ((part.school_id, part.events) for part in batch.parts))
            self._send_waiting()  # so that the next message is on its way while these are answered
            for part in batch.parts:
                part.accept(name)
            self._tell(batch, name)

    def _tell(self, batch: Batch, name: str) -> None:
        """One record a message; its latency is what the request waited that came first."""
        waited_ms = round((asyncio.get_running_loop().time() - batch.parts[0].came_s) * 1000, 1)
        measured = embedded("EventAcceptLatency", waited_ms, MILLISECONDS)
        _log.info("events sent", correlation_id=name, requests=len(batch.parts), events=batch.events, **measured)

    def _end(self, batch: Batch) -> None:
        self._free_slots += 1
        self._buffer.release(batch)

    def _break(self, error: BaseException, batch: Batch) -> None:
        """Refuse everybody at once, from here on until the queue answers."""
        self._outages += 1
        self._buffer.fail_waiting()
        _log.error(
            "queue does not answer",
            error=type(error).__name__,
            reason=str(error) if isinstance(error, QueueCallError) else "",
            requests=len(batch.parts),
            events=batch.events,
            **embedded("QueueUnavailable", 1, COUNT, Queue=BEHAVIOR.name),
        )
        if not self._is_closing:
            self._probing = asyncio.create_task(self._probe())

    async def _report_again_and_again(self) -> None:
        while not self._is_closing:
            await asyncio.sleep(settings.EVENT_REPORT_S)
            if not self._probing:
                await self._report()

    async def _report(self) -> None:
        """Tell the ledger which messages the queue holds; what cannot be told now is told the next time."""
        self._numbering.close_report()
        while keywords := self._numbering.next_report():
            try:
                await self._queue.send(_text(REPORT_MESSAGES, keywords, uuid4().hex))
            except Exception as error:  # noqa: BLE001 - whatever it was: it is told in the log, and said again
                _log.warning("messages not reported", error=type(error).__name__)
                return
            self._numbering.told()

    async def _probe(self) -> None:
        since = asyncio.get_running_loop().time()
        answers = False
        while not answers:
            await asyncio.sleep(PROBE_EVERY_S)
            answers = await self._answers()
        self._probing = None
        _log.info("queue answers again", after_s=round(asyncio.get_running_loop().time() - since, 1))

    async def _answers(self) -> bool:
        try:
            await self._queue.probe()
        except Exception:  # noqa: BLE001 - whatever it was, it is no answer, and the next probe may get one
            return False
        return True


def _text(task: str, keywords: bytes, name: str) -> str:
    return write_envelope(task=task, keywords=keywords, queue=BEHAVIOR.name, correlation_id=name)
