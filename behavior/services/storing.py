"""Storing what devices sent: each event once, the first that arrived, and what is none or comes too late set aside."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from structlog.contextvars import bound_contextvars

from behavior.domain.events import (
    MAX_EVENTS_OF_MESSAGE,
    MAX_PARTS,
    Arrival,
    Comparison,
    InvalidEventError,
    InvalidPartError,
    Part,
    as_message,
    compare,
    parse_event,
    parse_part,
)
from behavior.errors import MalformedMessageError
from behavior.repository import events as repository
from behavior.repository.events import EventReplacedError, RejectedEvent
from behavior.services.kinds import switches_of_school
from edu import clock
from edu.aws.credentials import CredentialsUnavailableError
from edu.deadlines import DeadlinePassedError
from edu.dynamo.errors import AccessDeniedError, StoreUnavailableError
from edu.logs import get_logger
from edu.tenancy import enter_school

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

NOT_USED = "kind: not_used"  # the reason of what was rejected because the school does not use its kind
CONFLICT = "event_id: taken"  # the reason of what was rejected because its id says something else already
_MAX_CONTENT_CHARS, _MAX_REASON_CHARS = 4096, 400
_REPLACING_ATTEMPTS = 5
_log = get_logger(__name__)


@dataclass(frozen=True)
class Stored:
    """What became of a part's events: each was stored, was there already, or was rejected.

    ``conflicts`` are events that say something else under an id that is taken: the part's own are among the rejected,
    those that it took the place of are counted here alone.
    """

    events: int = 0
    duplicates: int = 0
    conflicts: int = 0
    rejected: int = 0

    def __add__(self, other: Stored) -> Stored:
        return Stored(
            self.events + other.events,
            self.duplicates + other.duplicates,
            self.conflicts + other.conflicts,
            self.rejected + other.rejected,
        )


def read_message(parts: object) -> tuple[list[Part], MalformedMessageError | None]:
    """The parts that a message holds, and what is wrong with those that are none.

    Raises:
        MalformedMessageError: it has no parts, or too many, or too many events.
    """
    if not isinstance(parts, list) or not 0 < len(parts) <= MAX_PARTS:
        raise MalformedMessageError("message without parts, or of too many")
    now = clock.now()
    good: list[Part] = []
    fault: MalformedMessageError | None = None
    for raw in parts:
        try:
            good.append(parse_part(raw, now=now))
        except InvalidPartError as error:
            fault = fault or MalformedMessageError(f"part of a message: {error}")
    if sum(len(part.events) for part in good) > MAX_EVENTS_OF_MESSAGE:
        raise MalformedMessageError("message of too many events")
    return good, fault


def store_by_school(parts: Sequence[Part]) -> list[Stored | Exception]:
    """Write the events of these parts, each school's with that school's credentials, and say what became of each part.

    What fails for one school, all of whose parts fail with it, keeps no other's events from being stored.

    Raises:
        DeadlinePassedError: at once, whoever is left.
        AccessDeniedError: the same: see ``edu.dynamo.errors``.
    """
    places: dict[str, list[int]] = {}
    for place, part in enumerate(parts):
        places.setdefault(part.school_id, []).append(place)
    outcomes: dict[int, Stored | Exception] = {}
    for school_id, own in places.items():
        with enter_school(school_id), bound_contextvars(school_id=school_id):
            try:
                outcomes |= zip(own, store_parts([parts[place] for place in own]), strict=True)
            except (DeadlinePassedError, AccessDeniedError):
                raise
            except Exception as error:  # noqa: BLE001 - the caller's to tell of, when the other schools are served
                outcomes |= dict.fromkeys(own, error)
    return [outcomes[place] for place in range(len(parts))]


def is_table_answering(school_id: str) -> bool:
    """Whether the table answers a school's question; what it would say of a write is not known.

    A school whose credentials are away says nothing about the table, and so nothing against it.
    """
    with enter_school(school_id):
        try:
            repository.ask()
        except StoreUnavailableError:
            return False
        except CredentialsUnavailableError:
            return True
    return True


def store_parts(parts: Sequence[Part]) -> list[Stored]:
    """Write the events of parts of the school in scope, and say what became of each part's; what is none is rejected.

    Everything is checked again: a message may come from the API Gateway, which knows fewer rules. Of several events
    under one id of a student the first that arrived is kept; what the others say instead is kept as rejected
    (``list_rejected_events``), whichever workers store them at the same moment. So is what is of a kind that the school
    did not use any more when it arrived, as known here within five minutes.

    Raises:
        StoreUnavailableError: the table is throttled or does not answer; some may be written.
    """
    work = _Work([Stored() for _ in parts])
    switches = switches_of_school()
    for place, part in enumerate(parts):
        for raw in part.events:
            try:
                event = parse_event(raw, now=part.arrived_at)
            except InvalidEventError as error:
                work.reject(place, _rejected(part.student_id, raw, str(error), part.arrived_at))
                continue
            if switches.is_off(event.kind, part.arrived_at):
                work.reject(place, _rejected(part.student_id, raw, NOT_USED, part.arrived_at))
                continue
            work.sort_in(place, Arrival(student_id=part.student_id, event=event, arrived_at=part.arrived_at))
    _write(work)
    repository.put_rejected(work.rejected)
    if work.rejected:
        written = sum(one.events for one in work.counts)
        _log.warning("events rejected", rejected=len(work.rejected), stored=written)
    return work.counts


@dataclass
class _Work:
    """Events on their way into the table, and what became of each part's. A part is named by its place."""

    counts: list[Stored]
    arrivals: dict[tuple[str, str], tuple[int, Arrival]] = field(default_factory=dict)
    rejected: list[RejectedEvent] = field(default_factory=list)

    def sort_in(self, place: int, arrival: Arrival) -> None:
        """Take it, if it is the first of its identity to have arrived; what another says instead is rejected."""
        first_place, first = self.arrivals.setdefault(arrival.identity, (place, arrival))
        if first is arrival:
            return
        match compare(first, arrival):
            case Comparison.SAME:
                self.count(place, Stored(duplicates=1))
            case Comparison.LATER:
                self.conflict(place, arrival)
            case Comparison.EARLIER:
                self.arrivals[arrival.identity] = place, arrival
                self.conflict(first_place, first)

    def count(self, place: int, what: Stored) -> None:
        self.counts[place] += what

    def reject(self, place: int, what: RejectedEvent) -> None:
        self.rejected.append(what)
        self.count(place, Stored(rejected=1))

    def conflict(self, place: int, arrival: Arrival) -> None:
        self.rejected.append(_conflicting(arrival))
        self.count(place, Stored(rejected=1, conflicts=1))


def _write(work: _Work) -> None:
    """Events of different identities, each stored or judged against the one that is."""
    there = repository.put_new_arrivals([arrival for _place, arrival in work.arrivals.values()])
    for identity, (place, arrival) in work.arrivals.items():
        if identity in there:
            _write_over_later(arrival, there[identity], place, work)
        else:
            work.count(place, Stored(events=1))


def _write_over_later(arrival: Arrival, stored: Arrival, place: int, work: _Work) -> None:
    for _ in range(_REPLACING_ATTEMPTS):
        match compare(stored, arrival):
            case Comparison.SAME:
                work.count(place, Stored(duplicates=1))
                return
            case Comparison.LATER:
                work.conflict(place, arrival)
                return
        try:
            repository.replace_arrival(stored, arrival, _conflicting(stored))
        except EventReplacedError:
            found = repository.get_arrivals([arrival]).get(arrival.identity)
            if found is None:  # it has just expired
                there = repository.put_new_arrivals([arrival])
                if not there:
                    work.count(place, Stored(events=1))
                    return
                found = there[arrival.identity]
            stored = found
            continue
        work.count(place, Stored(events=1, conflicts=1))  # the other is another message's, whose receipt tells of it
        return
    raise StoreUnavailableError("an event's item does not hold still")


def _conflicting(arrival: Arrival) -> RejectedEvent:
    return _rejected(arrival.student_id, as_message(arrival.event), CONFLICT, arrival.arrived_at)


def _rejected(student_id: str, raw: object, reason: str, arrived_at: datetime) -> RejectedEvent:
    content = json.dumps(raw, sort_keys=True, default=repr)
    digest = hashlib.sha256(content.encode()).hexdigest()
    return RejectedEvent(
        student_id=student_id,
        digest=digest,
        reason=reason[:_MAX_REASON_CHARS],
        content=content[:_MAX_CONTENT_CHARS],
        rejected_at=arrived_at,
    )
