"""One strict reader for each kind of value that is sent as text: decimal, whole number, date, instant, id.

Python's own parsers take more than any contract of ours says: ``1_0``, ``٣``, full-width digits, outer spaces, ``1e1``,
``2026-W47-5``. So what a person, a device, a command line or the environment sends is read here and nowhere else:
digits are ASCII, nothing stands around a value, and each text has one meaning. Leading zeros change none, and pass.

A ValueError never repeats what was sent. Pure: every layer may import this, the domains too.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal

ID = "[a-z0-9-]{1,40}"
SCHOOL_ID = "[a-z0-9][a-z0-9-]{1,30}"
MAX_DIGITS = 12  # before the point, and after it
_WHOLE = re.compile(rf"-?[0-9]{{1,{MAX_DIGITS}}}")
_DECIMAL = re.compile(rf"-?[0-9]{{1,{MAX_DIGITS}}}(?:\.[0-9]{{1,{MAX_DIGITS}}})?")
_DATE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]((?:[01][0-9]|2[0-3]):[0-5][0-9]):([0-5][0-9]|60)(?:\.([0-9]+))?"
    r"([Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
_ID, _SCHOOL_ID = re.compile(ID), re.compile(SCHOOL_ID)
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_MICROSECOND_DIGITS = 6
_LEAP_SECOND = "60"
_BEFORE_LEAP_SECONDS = (23, 59)


def whole_number(text: str) -> int:
    """A whole number of at most 12 digits, with a ``-`` or without.

    Raises:
        ValueError: it is none.
    """
    if not _WHOLE.fullmatch(text):
        raise ValueError("not a whole number")
    return int(text)


def decimal_number(text: str) -> Decimal:
    """A number with a decimal point or none and no exponent, digit by digit.

    Raises:
        ValueError: it is none, or zero with a ``-``, which nobody means.
    """
    if not _DECIMAL.fullmatch(text):
        raise ValueError("not a number")
    number = Decimal(text)
    if number.is_zero() and number.is_signed():
        raise ValueError("not a number")
    return number


def calendar_date(text: str) -> date:
    """A day written ``2026-11-23``.

    Raises:
        ValueError: it is written otherwise, or there is no such day.
    """
    if not _DATE.fullmatch(text):
        raise ValueError("not a date like 2026-11-23")
    return date.fromisoformat(text)


def instant(text: str) -> datetime:
    """An instant with its offset, as RFC 3339 (5.6) writes it: capital or small ``t`` and ``z``, any decimals.

    What is finer than a microsecond is cut off. A leap second is the second after it, as clocks that have none count.

    Raises:
        ValueError: it is written otherwise, or there is no such instant.
    """
    found = _INSTANT.fullmatch(text)
    if not found:
        raise ValueError("not an instant like 2026-11-23T10:15:00-05:00")
    day, minute, second, fraction, offset = found.groups(default="")
    leap = second == _LEAP_SECOND
    fraction = fraction[:_MICROSECOND_DIGITS].ljust(_MICROSECOND_DIGITS, "0")
    read = datetime.fromisoformat(f"{day}T{minute}:{'59' if leap else second}.{fraction}{offset.upper()}")
    return _after_leap_second(read) if leap else read


def is_id(value: object) -> bool:
    """Whether the value is an id as the domains make them."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def is_school_id(value: object) -> bool:
    """Whether the value is a school's id: wildcards and separators in it would be holes in the IAM policy."""
    return isinstance(value, str) and _SCHOOL_ID.fullmatch(value) is not None


def is_uuid(value: object) -> bool:
    """Whether the value is a UUID with its hyphens (RFC 9562, 4), in capitals or small letters."""
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def _after_leap_second(second_before: datetime) -> datetime:
    """The instant one second later, if a leap second may be there: UTC inserts it after 23:59:59 only."""
    try:
        in_utc = second_before - (second_before.utcoffset() or timedelta(0))
        later = second_before + timedelta(seconds=1)
    except OverflowError:
        raise ValueError("outside the calendar") from None
    if (in_utc.hour, in_utc.minute) != _BEFORE_LEAP_SECONDS:
        raise ValueError("no leap second is ever there")
    return later
