"""How much one JSON body may hold, found out before anything is made of it.

What a body costs to decode and to check follows from how many values it holds, not from its bytes: so they are counted
first, in a few passes over the bytes. Every request that the contract describes stays far below: a section's hundred
rows are about 700 values, nested three deep. The length of numbers is ``edu.http.json_bodies``'s to check.
"""

from __future__ import annotations

import re

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from edu.http.errors import MalformedBodyError

MAX_VALUES = 1_000  # objects, lists, and what they hold; an empty one counts as two
MAX_DEPTH = 16
MAX_TEXT_BYTES = 8_192  # of one text as it is written, with its quotes and escapes
_MAX_TEXTS = 2 * MAX_VALUES  # a member's name, and what it is
_MAX_BRACKETS = 2 * MAX_VALUES
# A text, or all that is left where one has no end: each byte is looked at once, whatever it is.
_TEXT = re.compile(rb'("[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z))', re.DOTALL)
_BRACKETS = b"[]{}"
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in _BRACKETS)
_TOO_DEEP = _("The body is nested too deep")
_TOO_MANY = _("The body holds more than {most} values")
_TOO_LONG = _("A text in the body is longer than {most} bytes")


def require_within_limits(body: bytes) -> None:
    """Refuse a body that holds too much. Whether it is JSON at all is for the decoder to say.

    Raises:
        MalformedBodyError: it has too many values, is nested too deep, or one of its texts is too long.
    """
    openings, values = _counted(body)  # too many where texts hold what is counted
    if openings > MAX_DEPTH or values > MAX_VALUES or len(body) > MAX_TEXT_BYTES:
        _require_exactly(body)


def _require_exactly(body: bytes) -> None:
    """The same, without what stands in texts. What is no JSON is looked at no further than the decoder will."""
    parts = _TEXT.split(body, _MAX_TEXTS + 1)
    texts = parts[1::2]
    if len(texts) > _MAX_TEXTS:
        raise _too_many()
    structure = b"".join(parts[::2])
    if _is_deep(structure.translate(None, _NO_BRACKETS)[:_MAX_BRACKETS]):
        raise MalformedBodyError(_TOO_DEEP)
    if _counted(structure)[1] > MAX_VALUES:
        raise _too_many()
    if max(map(len, texts), default=0) > MAX_TEXT_BYTES:
        raise MalformedBodyError(format_lazy(_TOO_LONG, most=MAX_TEXT_BYTES))


def _too_many() -> MalformedBodyError:
    return MalformedBodyError(format_lazy(_TOO_MANY, most=MAX_VALUES))


def _counted(structure: bytes) -> tuple[int, int]:
    """How many lists and objects begin, and how many values there are, if none of it is in a text."""
    openings = structure.count(b"[") + structure.count(b"{")
    return openings, 1 + openings + structure.count(b",")


def _is_deep(brackets: bytes) -> bool:
    depth = 0
    for bracket in brackets:
        depth += 1 if bracket in b"[{" else -1
        if depth > MAX_DEPTH:
            return True
    return False
