"""Settings of the environment that are no plain text: numbers, yes or no, rates.

django-environ reads them with Python's own parsers and takes every text that it does not know for *false*: a misspelt
``LIBRETA_SECURE_COOKIES=ture`` would have switched the protection off. Here what is not understood stops the program.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from edu import values
from edu.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from environ import Env

T = TypeVar("T")
_TRUTH = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}
_RATE = re.compile("[1-9][0-9]{0,8}/(?:second|minute|hour|day)")


def whole_number(env: Env, name: str, default: int) -> int:
    """A whole number from 0 on; ``default`` where nothing is set.

    Raises:
        ConfigurationError: it is none.
    """
    return _read(env, name, default, _natural, "a whole number, 0 or more")


def seconds(env: Env, name: str, default: float) -> float:
    """A time in seconds, more than none. Raises like ``whole_number``."""
    return _read(env, name, default, _positive, "a number of seconds, more than 0")


def truth(env: Env, name: str, *, default: bool) -> bool:
    """Whether something is so. Raises like ``whole_number``."""
    return _read(env, name, default, lambda text: _TRUTH[text.lower()], "true or false")


def rate(env: Env, name: str, default: str) -> str:
    """How often something may be done, as Django REST framework writes it. Raises like ``whole_number``."""
    return _read(env, name, default, _rate, "a number and a time, like 600/minute")


def _read(env: Env, name: str, default: T, reader: Callable[[str], T], wanted: str) -> T:
    text = env.str(name, "").strip()
    if not text:
        return default
    try:
        return reader(text)
    except (ValueError, KeyError):
        raise ConfigurationError(f"{name} must be {wanted}") from None


def _natural(text: str) -> int:
    number = values.whole_number(text)
    if number < 0:
        raise ValueError("below 0")
    return number


def _positive(text: str) -> float:
    number = values.decimal_number(text)
    if number <= 0:
        raise ValueError("not above 0")
    return float(number)


def _rate(text: str) -> str:
    if not _RATE.fullmatch(text):
        raise ValueError("no rate")
    return text
