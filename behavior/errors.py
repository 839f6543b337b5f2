"""What can go wrong with an event, and the rules in words.

What can be wrong with a request as such is in ``edu.http.errors``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from edu.errors import UNKNOWN_FIELD, FieldError, InvalidInputError, UnavailableError
from edu.http.errors import ThrottledError

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from behavior.domain.events import BrokenRule, InvalidEventError

ONE_EVENT_OR_A_LIST = _("Send one event, or a list of 1 to 100 events, as JSON")
_MESSAGES = {
    "object": _("Send an event as a JSON object"),
    "unknown_field": UNKNOWN_FIELD,
    "uuid": _("Send a UUID that the device made for this event"),
    "kind": _("Send a kind of the catalogue that devices report"),
    "kind_of_staff": _("The school's staff reports this kind, and no device"),
    "instant": _("Send a date and time with its offset, such as 2026-11-23T10:15:00-05:00"),
    "in_the_future": _("This instant has not come yet; check the device's clock"),
    "too_old": _("This event is too old to be taken"),
    "number": _("Send a number"),
    "out_of_range": _("The number is out of range"),
    "too_precise": _("Send at most four decimals"),
    "text": _("Send text without control characters"),
    "too_long": _("The text is too long"),
}


class InvalidEventsError(InvalidInputError):
    """At least one event of a request breaks a rule; none of the request is taken."""

    code = "invalid_event"


class MalformedMessageError(InvalidInputError):
    """A message names no student or holds no list of events; the consumer tries it three times and sets it aside."""

    code = "malformed_message"


class TooManyEventsError(ThrottledError):
    """The device, or its school, has sent as many events lately as it may; none of these was read."""

    code = "too_many_events"


class QueueUnavailableError(UnavailableError):
    """The queue did not say that it holds the events. Sending them again is safe: their ids make it one storing."""

    code = "queue_unavailable"


def unknown_kind() -> InvalidInputError:
    """What names a kind that is not in the catalogue."""
    return InvalidInputError(fields=[FieldError("kind", "kind", _("This kind is not in the catalogue"))])


def field_errors(invalid: InvalidEventError, position: int | None) -> list[FieldError]:
    """An event's broken rules for the client; ``position`` is its place in the list that was sent, if one was."""
    prefix = "" if position is None else f"[{position}]"
    return [
        FieldError(".".join(filter(None, (prefix, part.field))), part.rule, _message(part)) for part in invalid.broken
    ]


def _message(broken: BrokenRule) -> str | Promise:
    """The rule in words, with the character that broke it, which whoever sent it may not see."""
    message = _MESSAGES[broken.rule]
    return format_lazy("{}: {}", message, broken.character) if broken.character else message
