"""A message of events as the consumer holds it: read once, and judged once its schools' events are written."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from behavior import services
from behavior.domain.events import STORE_EVENTS, Part
from behavior.errors import MalformedMessageError
from edu.aws.receiving import ReceivedMessage
from edu.envelopes import BrokenEnvelopeError, Fault, read_call
from edu.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    Outcomes = Mapping[str, services.Stored | Exception]


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
    """A received message: its parts as far as it has any, and what is wrong with it (empty: nothing is)."""

    received: ReceivedMessage
    correlation_id: str = ""
    parts: tuple[Part, ...] = field(default=(), repr=False)
    fault: str = ""

    @property
    def events(self) -> int:
        """How many it holds."""
        return sum(len(part.events) for part in self.parts)

    def judge(self, outcomes: Outcomes) -> Verdict:
        """The verdict, by what became of its schools' events.

        What is away comes back, so it is waited for first, whatever else is wrong; only then a fault is the message's.
        """
        own = [outcomes[school_id] for school_id in {part.school_id for part in self.parts}]
        failures = [outcome for outcome in own if isinstance(outcome, Exception)]
        if away := next((failure for failure in failures if isinstance(failure, UnavailableError)), None):
            return Verdict(Fate.WAITS, away.code)
        if failures:
            return Verdict(Fate.AT_FAULT, type(failures[0]).__name__)
        return Verdict(Fate.AT_FAULT, self.fault) if self.fault else Verdict(Fate.DONE)


def read_event_message(received: ReceivedMessage) -> EventMessage:
    """Read a message, whatever it holds."""
    try:
        call = read_call(received.text)
        correlation_id = call.correlation_id
        if call.task != STORE_EVENTS:
            return EventMessage(received, correlation_id, fault=str(Fault.TASK))
        if call.positional or call.keywords.keys() != {"parts"}:
            return EventMessage(received, correlation_id, fault=str(Fault.ARGUMENTS))
        parts, fault = services.read_message(call.keywords["parts"])
    except BrokenEnvelopeError as error:
        return EventMessage(received, fault=str(error.fault))
    except MalformedMessageError as error:
        return EventMessage(received, correlation_id, fault=str(error))
    except Exception:  # noqa: BLE001 - one message may not keep the others from being read
        return EventMessage(received, fault=str(Fault.UNFORESEEN))
    return EventMessage(received, correlation_id, tuple(parts), str(fault or ""))
