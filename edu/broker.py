"""kombu's SQS transport, with every message's envelope read by us before kombu and Celery read it (``edu.envelopes``).

A message that is refused stays in the queue: SQS shows it again after its visibility timeout and moves it to the dead
letters once it was received as often as the queue's redrive policy says. Redrive thus counts the message's own fault,
and its body waits there for a person.
"""

# ruff: noqa: SLF001, ANN401 - the methods that kombu calls have private names, and its values no types

from __future__ import annotations

from queue import Empty
from typing import TYPE_CHECKING, Any

from kombu.transport import SQS

from edu.envelopes import BrokenEnvelopeError, Fault, read_envelope
from edu.logs import get_logger
from edu.metrics import COUNT, embedded

if TYPE_CHECKING:
    from collections.abc import Callable

_log = get_logger(__name__)


class Channel(SQS.Channel):
    """Hands Celery the messages with a good envelope, and reports the others in one record for each delivery."""

    def _message_to_python(self, message: Any, queue_name: str, q_url: str) -> Any:
        """The message's payload as kombu makes it, of an envelope made anew.

        Raises:
            BrokenEnvelopeError: see ``read_envelope``.
        """
        envelope = read_envelope(message["Body"], queue=queue_name)
        return _as_it_is(self)._envelope_payload(envelope, "", message, q_url)

    def _on_messages_ready(self, queue: str, qname: str, messages: Any) -> int:
        """Messages arrived in the consumer's loop. Here nothing that a message causes may be raised.

        Without a consumer kombu releases them, which reads none of them.
        """
        deliver = _as_it_is(super())._on_messages_ready
        if _as_it_is(self.connection)._callbacks.get(qname) is None:
            return int(deliver(queue, qname, messages))
        found = messages.get("Messages") or []
        return self._each(qname, found, lambda message: deliver(queue, qname, {"Messages": [message]}))

    def _messages_to_python(self, messages: Any, queue: str) -> Any:
        """The same where messages are asked for one batch at a time, without the consumer's loop."""
        url, payloads = _as_it_is(self)._new_queue(queue), []
        self._each(queue, messages, lambda message: payloads.append(self._message_to_python(message, queue, url)))
        return payloads

    def _get(self, queue: str, timeout: float | None = None) -> Any:  # noqa: ARG002 - kombu's signature
        """One message, where one is asked for; a refused one is none."""
        try:
            return super()._get(queue)
        except IndexError:
            raise Empty from None

    def _each(self, queue: str, messages: Any, deliver: Callable[[Any], Any]) -> int:
        """Deliver each message for itself; how many were delivered."""
        faults: dict[str, Fault] = {}
        for message in messages:
            try:
                deliver(message)
            except BrokenEnvelopeError as error:
                faults[str(message.get("MessageId", ""))] = error.fault
            except Exception as error:
                if isinstance(error, self._connection_lost):
                    raise
                _log.error("message left in its queue", queue=queue, error=type(error).__name__)
                self._give_place_back(message["ReceiptHandle"])
                faults[str(message.get("MessageId", ""))] = Fault.UNFORESEEN
        if faults:
            _report(queue, faults)
        return len(messages) - len(faults)

    def _give_place_back(self, delivery_tag: str) -> None:
        """Let another message be taken in place of one that kombu had counted already. Nothing is deleted."""
        if delivery_tag in (self.qos._delivered or ()):
            self.qos.ack(delivery_tag)

    @property
    def _connection_lost(self) -> tuple[type[BaseException], ...]:
        """What Celery takes for a lost connection, and connects again."""
        transport = type(self.connection)
        return (*transport.connection_errors, *transport.channel_errors)


class Transport(SQS.Transport):
    """The transport of our broker: see ``edu.celeryconfig``."""

    Channel = Channel


def _as_it_is(value: object) -> Any:
    """The value without its type: the stubs know less than kombu's channel has."""
    return value


def _report(queue: str, faults: dict[str, Fault]) -> None:
    """One record, of bounded length, with the SQS ids by which a person finds the messages among the dead letters."""
    reasons = sorted({str(fault) for fault in faults.values()})
    metric = embedded("BrokenEnvelopes", len(faults), COUNT, Queue=queue)
    _log.error("messages refused", code="broken_envelope", queue=queue, reasons=reasons, ids=sorted(faults), **metric)
