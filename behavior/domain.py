"""What a behaviour event is, and which rule a would-be event breaks. Pure: the time is an argument."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from edu import texts, values
from edu.queues import BEHAVIOR, DEAD_LETTERS_KEPT_DAYS

T = TypeVar("T")
CLOCK_SKEW = timedelta(minutes=15)
KEPT_FOR = timedelta(days=30)  # in the table, an event or what was rejected, from when it was stored
OLDEST_AT_THE_DOOR = timedelta(days=30)
# A message may wait so long in the queue, and then in its dead-letter queue, before a worker sees it.
OLDEST_AT_THE_WORKER = OLDEST_AT_THE_DOOR + timedelta(days=BEHAVIOR.kept_days + DEAD_LETTERS_KEPT_DAYS)
MAX_EVENTS = 100  # in one request
MAX_EVENTS_OF_MESSAGE = 1000  # a message of more was made by nobody of ours
MAX_NOTE_CHARS = 280
MAX_VALUE = 999_999
MAX_VALUE_DECIMALS = 4
STORE_EVENTS = "behavior.store_events"  # the task that a message of events names
FIELDS = ("event_id", "kind", "occurred_at", "value", "note")
_KIND = re.compile(r"[a-z_]{1,32}")
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


def parse_event(raw: object, *, now: datetime, oldest: timedelta = OLDEST_AT_THE_DOOR) -> Event:
    """The event that a decoded JSON value stands for.

    Args:
        raw: an object of ``FIELDS``; nothing else is taken, so a body can name neither school nor student.
        now: the current instant; an event may be at most ``CLOCK_SKEW`` ahead of it and ``oldest`` behind.
        oldest: how old the event may be.

    Raises:
        InvalidEventError: with every rule that is broken, not only the first.
    """
    if not isinstance(raw, Mapping):
        raise InvalidEventError((BrokenRule("", "object"),))
    broken = [BrokenRule(str(name)[:_MAX_NAME_CHARS], "unknown_field") for name in raw if name not in FIELDS]

    def checked(name: str, check: Callable[[object], T], instead: T) -> T:
        try:
            return check(raw.get(name))
        except _BrokenRuleError as error:
            broken.append(BrokenRule(name, str(error), error.character))
            return instead

    event = Event(
        event_id=checked("event_id", _event_id, ""),
        kind=checked("kind", _kind, ""),
        occurred_at=checked("occurred_at", lambda value: _instant(value, now, oldest), now),
        value=checked("value", _value, None),
        note=checked("note", _note, None),
    )
    if broken:
        raise InvalidEventError(tuple(broken))
    return event


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
    if not isinstance(value, str) or not _KIND.fullmatch(value):
        raise _BrokenRuleError("kind")
    return value


def _instant(value: object, now: datetime, oldest: timedelta) -> datetime:
    try:
        instant = values.instant(value if isinstance(value, str) else "")
    except ValueError:
        raise _BrokenRuleError("instant") from None
    if instant - now > CLOCK_SKEW:
        raise _BrokenRuleError("in_the_future")
    if now - instant > oldest:
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
