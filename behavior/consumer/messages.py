"""A message of events as the consumer holds it: read once, and judged once its schools' events are written."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from behavior import services
from behavior.domain.events import STORE_EVENTS, Part
from behavior.domain.ledger import (
    GATEWAY,
    NUMBER_FIELDS,
    REPORT_MESSAGES,
    DoorReport,
    InvalidReportError,
    MessageNumber,
    Receipt,
    parse_number,
    parse_report,
)
from behavior.errors import MalformedMessageError
from edu.aws.receiving import ReceivedMessage
from edu.envelopes import BrokenEnvelopeError, Fault, read_call
from edu.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edu.envelopes import Call

    Outcomes = Sequence[services.Stored | Exception]

_NUMBERED = {"parts", *NUMBER_FIELDS}
_NO_NUMBER = MessageNumber(GATEWAY, 0)


class Fate(Enum):
    """What becomes of a message."""

    DONE = auto()
    WAITS = auto()
    AT_FAULT = auto()


@dataclass(frozen=True)
class Verdict:
    """A message's fate; ``reason``, in words of ours, for one that waits or is at fault."""

    fate: Fate
    reason: str = ""


@dataclass(frozen=True, eq=False)
class EventMessage:
    """A received message: its parts as far as it has any, and what is wrong with it (empty: nothing is).

    A door's report of the messages it sent has no parts. ``number`` is a door's own; the API Gateway gives none.
    """

    received: ReceivedMessage
    correlation_id: str = ""
    parts: tuple[Part, ...] = field(default=(), repr=False)
    fault: str = ""
    number: MessageNumber = _NO_NUMBER
    report: DoorReport | None = None

    @property
    def events(self) -> int:
        """How many it holds."""
        return sum(len(part.events) for part in self.parts)

    def judge(self, outcomes: Outcomes) -> Verdict:
        """The verdict, by what became of its parts' events.

        What is away comes back, so it is waited for first, whatever else is wrong; only then a fault is the message's.
        """
        failures = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        if away := next((failure for failure in failures if isinstance(failure, UnavailableError)), None):
            return Verdict(Fate.WAITS, away.code)
        if failures:
            return Verdict(Fate.AT_FAULT, type(failures[0]).__name__)
        return Verdict(Fate.AT_FAULT, self.fault) if self.fault else Verdict(Fate.DONE)

    def receipt(self, outcomes: Outcomes = (), *, is_set_aside: bool = False) -> Receipt:
        """What the ledger is told of it."""
        stored = sum((outcome for outcome in outcomes if isinstance(outcome, services.Stored)), services.Stored())
        return Receipt(
            door=self.number.door,
            sequence=self.number.sequence,
            events=self.events,
            stored=stored.events,
            duplicates=stored.duplicates,
            rejected=stored.rejected,
            is_set_aside=is_set_aside,
            settled=self.number.settled,
            failed=self.number.failed,
        )


def read_event_message(received: ReceivedMessage) -> EventMessage:
    """Read a message, whatever it holds."""
    try:
        call = read_call(received.text)
    except BrokenEnvelopeError as error:
        return EventMessage(received, fault=str(error.fault))
    except Exception:  # noqa: BLE001 - one message may not keep the others from being read
        return EventMessage(received, fault=str(Fault.UNFORESEEN))
    try:
        return _read(received, call)
    except (MalformedMessageError, InvalidReportError) as error:
        return EventMessage(received, call.correlation_id, fault=str(error))
    except Exception:  # noqa: BLE001 - the same
        return EventMessage(received, call.correlation_id, fault=str(Fault.UNFORESEEN))


def _read(received: ReceivedMessage, call: Call) -> EventMessage:
    given, correlation_id = call.keywords, call.correlation_id
    if call.task == REPORT_MESSAGES:
        if call.positional or given.keys() != {"report"}:
            return EventMessage(received, correlation_id, fault=str(Fault.ARGUMENTS))
        return EventMessage(received, correlation_id, report=parse_report(given["report"]))
    if call.task != STORE_EVENTS:
        return EventMessage(received, correlation_id, fault=str(Fault.TASK))
    if call.positional or given.keys() not in ({"parts"}, _NUMBERED):
        return EventMessage(received, correlation_id, fault=str(Fault.ARGUMENTS))
    number = parse_number(given) if "door" in given else _NO_NUMBER
    parts, fault = services.read_message(given["parts"])
    return EventMessage(received, correlation_id, tuple(parts), str(fault or ""), number)
