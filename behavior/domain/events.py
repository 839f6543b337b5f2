"""What a behaviour event is, and which rule a would-be event breaks. Pure: the time is an argument."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum, StrEnum, auto

from behavior.domain.kinds import DEVICE_KINDS, KINDS
from edu import texts, values
from edu.queues import BEHAVIOR, DEAD_LETTERS_KEPT_DAYS

CLOCK_SKEW = timedelta(minutes=15)
KEPT_FOR = timedelta(days=30)  # in the table, an event or what was rejected, from its arrival
PUT_OFF_WITHIN = timedelta(days=7)  # of its expiry, an event whose row the lake lacks (ADR 0037)
PUT_OFF_BY = timedelta(days=7)  # at a time; not less than PUT_OFF_WITHIN, or each night would put it off
OLDEST = timedelta(days=30)  # an event, when it arrives
LATE_AFTER = timedelta(hours=1)  # it was longer on its way, or its device's clock is behind
EARLY_AFTER = timedelta(minutes=2)  # it says that it happened so long after it arrived: the device's clock is ahead
# An arrival may be so old before a worker sees it: its message waits in the queue, and then among the dead letters.
LONGEST_ON_ITS_WAY = timedelta(days=BEHAVIOR.kept_days + DEAD_LETTERS_KEPT_DAYS)
MAX_EVENTS = 100  # in one request
MAX_EVENTS_OF_MESSAGE = 1000  # a message of more was made by nobody of ours
MAX_PARTS = MAX_EVENTS_OF_MESSAGE
MAX_NOTE_CHARS = 280
MAX_VALUE = 999_999
MAX_VALUE_DECIMALS = 4
STORE_EVENTS = "behavior.store_events"  # the task that a message of events names
FIELDS = ("event_id", "kind", "occurred_at", "value", "note")
_FIELDS = frozenset(FIELDS)
_PART_FIELDS = {"school_id", "student_id", "arrived_at_ms", "events"}
_EPOCH, _MILLISECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
_STUDENT_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_MAX_NAME_CHARS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened with a student. The note, free text of a child, stays out of ``repr`` and of the lake."""

    event_id: str
    kind: str
    occurred_at: datetime
    value: Decimal | None = None
    note: str | None = dataclass_field(default=None, repr=False)


class Clock(StrEnum):
    """What an event's own instant is beside its arrival, by ``LATE_AFTER`` and ``EARLY_AFTER``."""

    ON_TIME = "on_time"
    LATE = "late"
    EARLY = "early"


def clock_of(occurred_at: datetime, arrived_at: datetime) -> Clock:
    """How the device's clock, or its way here, shows. On a bound it is on time."""
    if arrived_at - occurred_at > LATE_AFTER:
        return Clock.LATE
    return Clock.EARLY if occurred_at - arrived_at > EARLY_AFTER else Clock.ON_TIME


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent(Event):
    """An event as it is kept: with when it arrived."""

    arrived_at: datetime

    @property
    def clock(self) -> Clock:
        """See ``clock_of``."""
        return clock_of(self.occurred_at, self.arrived_at)


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """A rule that a field broke; an empty ``field`` is the event as a whole. ``character``: the one that broke it."""

    field: str
    rule: str
    character: str = dataclass_field(default="", compare=False)


class InvalidEventError(ValueError):
    """What was offered is no event; ``broken`` says why, field by field, without repeating any value."""

    def __init__(self, broken: tuple[BrokenRule, ...]) -> None:
        super().__init__(", ".join(f"{part.field}: {part.rule}" for part in broken))
        self.broken = broken


class _BrokenRuleError(ValueError):
    """One field's rule, by name, and the character that broke it, if one did."""

    def __init__(self, rule: str, character: str = "") -> None:
        super().__init__(rule)
        self.character = character


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one request brought: whose device it was, when it arrived, and the events as they were sent."""

    school_id: str
    student_id: str
    arrived_at: datetime
    events: tuple[object, ...] = dataclass_field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An event of a student, and when it arrived: with it begins the time for which it is kept."""

    student_id: str
    event: Event
    arrived_at: datetime

    @property
    def identity(self) -> tuple[str, str]:
        """What makes it one event inside its school, whatever else is said under it."""
        return self.student_id, self.event.event_id


class Comparison(Enum):
    """What it means that an event arrives whose identity is taken."""

    SAME = auto()
    LATER = auto()
    EARLIER = auto()


def compare(stored: Arrival, arriving: Arrival) -> Comparison:
    """Whether the arriving event is the stored one again; if it says something else, whether it came later or earlier.

    The first arrival wins, and of two at once the stored one.
    """
    if stored.event == arriving.event:
        return Comparison.SAME
    return Comparison.EARLIER if arriving.arrived_at < stored.arrived_at else Comparison.LATER


class InvalidPartError(ValueError):
    """A message's part that no door of ours made; it says which member is wrong, and repeats no value."""


def arrival_at(instant: datetime) -> datetime:
    """The instant as a message holds it, in whole milliseconds: door and worker judge events by the same."""
    return _EPOCH + milliseconds_of(instant) * _MILLISECOND


def milliseconds_of(instant: datetime) -> int:
    """The whole milliseconds from 1970 to the instant."""
    return (instant - _EPOCH) // _MILLISECOND


def parse_part(raw: object, *, now: datetime) -> Part:
    """A part of a message, as ``part_message`` and the API Gateway's template write it.

    Raises:
        InvalidPartError: a member is missing or wrong, there is another one, or it arrived at no time that can be.
    """
    if not isinstance(raw, Mapping) or raw.keys() != _PART_FIELDS:
        raise InvalidPartError("members")
    school_id, student_id, events = raw["school_id"], raw["student_id"], raw["events"]
    if not isinstance(school_id, str) or not values.is_school_id(school_id):
        raise InvalidPartError("school_id")
    if not isinstance(student_id, str) or not is_student_id(student_id):
        raise InvalidPartError("student_id")
    if not isinstance(events, list) or not events:
        raise InvalidPartError("events")
    arrived_at = _arrival(raw["arrived_at_ms"])
    if not now - LONGEST_ON_ITS_WAY - CLOCK_SKEW <= arrived_at <= now + CLOCK_SKEW:
        raise InvalidPartError("arrived_at_ms")
    return Part(school_id=school_id, student_id=student_id, arrived_at=arrived_at, events=tuple(events))


def part_message(
    *, school_id: str, student_id: str, arrived_at: datetime, events: Sequence[Event]
) -> dict[str, object]:
    """A part as JSON values; ``parse_part`` reads it back. The arrival counts in milliseconds, as the API Gateway's."""
    return {
        "school_id": school_id,
        "student_id": student_id,
        "arrived_at_ms": milliseconds_of(arrived_at),
        "events": [as_message(event) for event in events],
    }


def parse_event(raw: object, *, now: datetime) -> Event:
    """The event that a decoded JSON value stands for.

    Args:
        raw: an object of ``FIELDS``; nothing else is taken, so a body can name neither school nor student.
        now: when it arrives; an event may be at most ``CLOCK_SKEW`` ahead of it and ``OLDEST`` behind. A worker asks by
            the same arrival as the door did, so the verdict is the same whenever it is asked for.

    Raises:
        InvalidEventError: with every rule that is broken, not only the first.
    """
    if not isinstance(raw, Mapping):
        raise InvalidEventError((BrokenRule("", "object"),))
    try:
        if raw.keys() <= _FIELDS:
            return Event(
                event_id=_event_id(raw.get("event_id")),
                kind=_kind(raw.get("kind")),
                occurred_at=_instant(raw.get("occurred_at"), now),
                value=_value(raw.get("value")),
                note=_note(raw.get("note")),
            )
    except _BrokenRuleError:  # which others there are is looked for below: nearly all events break none
        pass
    raise InvalidEventError(tuple(_broken_rules(raw, now)))


def _broken_rules(raw: Mapping[object, object], now: datetime) -> Iterator[BrokenRule]:
    """Every rule that an object breaks."""
    yield from (BrokenRule(str(name)[:_MAX_NAME_CHARS], "unknown_field") for name in raw if name not in _FIELDS)
    checks: dict[str, Callable[[object], object]] = {
        "event_id": _event_id,
        "kind": _kind,
        "occurred_at": lambda value: _instant(value, now),
        "value": _value,
        "note": _note,
    }
    for name, check in checks.items():
        try:
            check(raw.get(name))
        except _BrokenRuleError as error:
            yield BrokenRule(name, str(error), error.character)


def as_message(event: Event) -> dict[str, object]:
    """The event as JSON values, as the API Gateway's own messages carry it; ``parse_event`` reads it back the same.

    The value is a JSON number: with at most ten digits it survives being a float.
    """
    message: dict[str, object] = {
        "event_id": event.event_id,
        "kind": event.kind,
        "occurred_at": event.occurred_at.isoformat(timespec="microseconds"),
    }
    if event.value is not None:
        message["value"] = float(event.value)
    if event.note is not None:
        message["note"] = event.note
    return message


def _arrival(milliseconds: object) -> datetime:
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int):
        raise InvalidPartError("arrived_at_ms")
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        raise InvalidPartError("arrived_at_ms") from None


def value_text(value: Decimal | None) -> str:
    """The value as the lake's column holds it: a plain decimal without trailing zeros, or empty."""
    return "" if value is None else format(value, "f")


def is_student_id(value: object) -> bool:
    """Whether ``value`` may be a student's id inside a school (it becomes part of a key)."""
    return isinstance(value, str) and _STUDENT_ID.fullmatch(value) is not None


def _event_id(value: object) -> str:
    if not values.is_uuid(value):
        raise _BrokenRuleError("uuid")
    return str(value).lower()


def _kind(value: object) -> str:
    if not isinstance(value, str) or value not in DEVICE_KINDS:
        raise _BrokenRuleError("kind_of_staff" if isinstance(value, str) and value in KINDS else "kind")
    return value


def _instant(value: object, now: datetime) -> datetime:
    try:
        instant = values.instant(value if isinstance(value, str) else "")
    except ValueError:
        raise _BrokenRuleError("instant") from None
    if instant - now > CLOCK_SKEW:
        raise _BrokenRuleError("in_the_future")
    if now - instant > OLDEST:
        raise _BrokenRuleError("too_old")
    return instant.astimezone(UTC)


def _value(value: object) -> Decimal | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise _BrokenRuleError("number")
    if not -MAX_VALUE <= value <= MAX_VALUE:  # so that NaN is refused too
        raise _BrokenRuleError("out_of_range")
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    step = Decimal(1).scaleb(-MAX_VALUE_DECIMALS)
    if exact != exact.quantize(step):
        raise _BrokenRuleError("too_precise")
    plain = Decimal(format(exact.quantize(step), "f").rstrip("0").rstrip("."))
    return plain or Decimal(0)


def _note(value: object) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise _BrokenRuleError("text")
    try:
        note = texts.lines(value)
    except texts.UnreadableError as error:
        raise _BrokenRuleError("text", error.character) from None
    if len(note) > MAX_NOTE_CHARS:
        raise _BrokenRuleError("too_long")
    return note
