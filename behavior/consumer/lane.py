"""One of the consumer's threads: collects a batch, has it stored, and takes away what is in the table.

A message is taken away only after its events are stored. Nobody else's failure is held against it: while the table or
a school's credentials are away it waits, however often; what fails for a fault of its own, or of ours, is tried three
times and then set aside with the reason, where a person sees it (``manage.py dead_letters``).
"""

from __future__ import annotations

import time
from contextvars import Context
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from django.conf import settings

from behavior import services
from behavior.consumer.messages import EventMessage, Fate, Verdict, read_event_message
from edu.aws.receiving import TOGETHER
from edu.aws.sending import QueueCallError
from edu.deadlines import DeadlinePassedError, start_deadline
from edu.dynamo.errors import AccessDeniedError, StoreUnavailableError
from edu.errors import UnavailableError
from edu.logs import get_logger, start_correlation
from edu.metrics import COUNT, MILLISECONDS, embedded
from edu.queues import BEHAVIOR

if TYPE_CHECKING:
    from collections.abc import Sequence
    from threading import Event

    from edu.aws.receiving import QueueReceiver

BATCH_EVENTS: Final = 50  # a batch of so many is not waited for any longer,
MOST_EVENTS: Final = 2000  # and takes no more of what is there already: in a full queue each call stores more
TRIES: Final = 3
LONGEST_PAUSE_S: Final = 30.0
LEDGER_S: Final = 10.0
_FIRST_PAUSE_S = 1.0
_AWAY = StoreUnavailableError.code
_log = get_logger(__name__)


@dataclass
class _Batch:
    """Messages that are stored together, their verdicts, and what became of their events."""

    messages: list[EventMessage]
    verdicts: dict[EventMessage, Verdict] = field(default_factory=dict)
    outcomes: dict[EventMessage, list[services.Stored | Exception]] = field(default_factory=dict)

    def judge(self, message: EventMessage, outcomes: list[services.Stored | Exception]) -> None:
        """Note what became of a message's parts. Of one that is stored once more by itself the last counts."""
        self.outcomes[message] = outcomes
        self.verdicts[message] = message.judge(outcomes)

    @property
    def stored(self) -> services.Stored:
        """What became of all events but those that failed."""
        ended = (outcome for outcomes in self.outcomes.values() for outcome in outcomes)
        return sum((outcome for outcome in ended if isinstance(outcome, services.Stored)), services.Stored())

    @property
    def schools(self) -> int:
        """How many schools' events it holds."""
        return len({part.school_id for message in self.messages for part in message.parts})

    def those(self, fate: Fate) -> list[EventMessage]:
        return [message for message in self.messages if self.verdicts[message].fate is fate]


class Lane:
    """Works until ``stop`` is set; then it ends the batch it has, and takes no more."""

    def __init__(self, receiver: QueueReceiver, stop: Event) -> None:
        self._receiver, self._stop = receiver, stop
        self._pause_s = _FIRST_PAUSE_S
        self._queue_is_away = False

    def run(self) -> None:
        """Collect and store, batch after batch."""
        while not self._stop.is_set():
            try:
                messages = self._collect()
                if messages:
                    self._handle(messages)
            except Exception:  # noqa: BLE001 - nothing is above this; what was received comes again by itself
                _log.exception("batch failed")
                self._wait()

    def _collect(self) -> list[EventMessage]:
        """Messages of ``BATCH_EVENTS`` events or more together, or what came in the time for a batch."""
        messages: list[EventMessage] = []
        events, until = 0, float("inf")
        while not self._stop.is_set():
            wait_s = max(1, settings.SQS_WAIT_TIME_S)  # without a wait an empty queue would be asked all the time
            if messages:
                wait_s = 0 if events >= BATCH_EVENTS else max(0, round(until - time.monotonic()))
            found = self._receive(wait_s)
            if found and not messages:
                until = time.monotonic() + settings.EVENT_BATCH_S
            messages += found
            events += sum(message.events for message in found)
            is_over = not found or time.monotonic() >= until or events >= MOST_EVENTS
            if is_over or (events >= BATCH_EVENTS and len(found) < TOGETHER):
                break
        return messages

    def _receive(self, wait_s: int) -> list[EventMessage]:
        try:
            found = self._receiver.receive(wait_s=wait_s)
        except QueueCallError as error:
            if not self._queue_is_away:
                _log.error("queue does not answer", queue=BEHAVIOR.name, reason=str(error))
            self._queue_is_away = True
            self._wait()
            return []
        if self._queue_is_away:
            _log.info("queue answers again", queue=BEHAVIOR.name)
            self._queue_is_away, self._pause_s = False, _FIRST_PAUSE_S
        return [read_event_message(message) for message in found]

    def _handle(self, messages: list[EventMessage]) -> None:
        began = time.perf_counter()
        batch = _Batch(messages)
        Context().run(self._store, batch)  # a context of its own: it inherits no scope, and leaves none to the next
        duration_ms = round((time.perf_counter() - began) * 1000, 1)
        done, waiting, at_fault = (batch.those(fate) for fate in Fate)
        self._remove(done)
        stored = batch.stored
        _log.info(
            "events stored",
            messages=[message.correlation_id for message in done],
            events=stored.events,
            duplicates=stored.duplicates,
            conflicts=stored.conflicts,
            rejected=stored.rejected,
            schools=batch.schools,
            waiting=len(waiting),
            at_fault=len(at_fault),
            duration_ms=duration_ms,
            **embedded("EventBatchLatency", duration_ms, MILLISECONDS),
        )
        for message in at_fault:
            self._try_again_or_set_aside(message, batch.verdicts[message].reason)
        if any(batch.verdicts[message].reason == _AWAY for message in waiting) and not done:
            self._pause(waiting)
        else:
            self._pause_s = _FIRST_PAUSE_S
            self._show_again(waiting, after_s=settings.EVENT_RETRY_S)

    def _store(self, batch: _Batch) -> None:
        """Store all messages' events together; where that fails for a fault, each message's by itself."""
        start_deadline()
        start_correlation(uuid4().hex)
        parts = [part for message in batch.messages for part in message.parts]
        try:
            outcomes = iter(services.store_by_school(parts))
        except DeadlinePassedError:
            batch.verdicts = dict.fromkeys(batch.messages, Verdict(Fate.WAITS, "deadline"))
            return
        except AccessDeniedError:  # one of the messages brought us there; it is found below
            suspects = batch.messages
        else:
            for message in batch.messages:
                batch.judge(message, list(islice(outcomes, len(message.parts))))
            suspects = [message for message in batch.those(Fate.AT_FAULT) if message.parts]
        for message in suspects:
            self._store_alone(message, batch)
        self._account_for(batch)

    def _store_alone(self, message: EventMessage, batch: _Batch) -> None:
        try:
            outcomes = services.store_by_school(message.parts)
        except DeadlinePassedError:
            batch.verdicts[message] = Verdict(Fate.WAITS, "deadline")
        except AccessDeniedError as error:  # told where it was raised; its message is set aside like any fault's
            batch.verdicts[message] = Verdict(Fate.AT_FAULT, type(error).__name__)
        else:
            for failure in {outcome for outcome in outcomes if isinstance(outcome, Exception)}:
                _log.error("message not stored", message=message.correlation_id, error=type(failure).__name__)
            batch.judge(message, outcomes)

    def _account_for(self, batch: _Batch) -> None:
        """Write the receipts of what is done; as long as that does not succeed, nothing is taken out of the queue."""
        start_deadline(LEDGER_S)  # what is stored must not be stored again because storing took all the time
        done = batch.those(Fate.DONE)
        receipts = [message.receipt(batch.outcomes[message]) for message in done if message.parts]
        reports = [message.report for message in done if message.report]
        try:
            services.write_ledger(receipts, reports)
        except DeadlinePassedError:
            batch.verdicts |= dict.fromkeys(done, Verdict(Fate.WAITS, "deadline"))
        except UnavailableError as error:
            batch.verdicts |= dict.fromkeys(done, Verdict(Fate.WAITS, error.code))

    def _try_again_or_set_aside(self, message: EventMessage, reason: str) -> None:
        about = {"message": message.correlation_id, "message_id": message.received.message_id, "reason": reason}
        tries = message.received.faults + 1
        try:
            if tries < TRIES and message.received.has_room:
                self._receiver.send_back(message.received, after_s=settings.EVENT_RETRY_S)
                _log.warning("message failed", tries=tries, **about)
            else:
                self._receiver.set_aside(message.received, reason=reason)
                _log.error("message set aside", tries=tries, **about, **embedded("MessagesSetAside", 1, COUNT))
                self._tell_ledger(message)
        except QueueCallError as error:  # it is still there, and comes again by itself
            _log.warning("message left in its queue", error=str(error), **about)

    def _tell_ledger(self, message: EventMessage) -> None:
        """Write that it is among the dead letters; without that the ledger calls it missing, which is seen as well."""
        try:
            Context().run(services.write_ledger, [message.receipt(is_set_aside=True)], [])
        except UnavailableError as error:
            _log.warning("ledger not told", message=message.correlation_id, error=error.code)

    def _remove(self, done: Sequence[EventMessage]) -> None:
        try:
            self._receiver.remove([message.received for message in done])
        except QueueCallError as error:  # they come again, and are found to be stored
            _log.warning("stored messages left in their queue", messages=len(done), error=str(error))

    def _show_again(self, messages: Sequence[EventMessage], *, after_s: int) -> None:
        for message in messages:
            try:
                self._receiver.show_again(message.received, after_s=after_s)
            except QueueCallError as error:  # the queue does it, later
                _log.warning("message left hidden", error=str(error))
                return

    def _pause(self, waiting: Sequence[EventMessage]) -> None:
        """Take nothing until the table answers a question; longer each time, as long as all that follows fails too."""
        _log.error("table does not answer", waiting=len(waiting), **embedded("EventsPaused", 1, COUNT))
        self._show_again(waiting, after_s=round(self._pause_s))
        self._wait()
        asked_for = next((message.parts[0].school_id for message in waiting if message.parts), None)
        while asked_for and not self._stop.is_set() and not services.is_table_answering(asked_for):
            self._stop.wait(_FIRST_PAUSE_S)
        _log.info("table answers again")

    def _wait(self) -> None:
        self._stop.wait(self._pause_s)
        self._pause_s = min(2 * self._pause_s, LONGEST_PAUSE_S)
