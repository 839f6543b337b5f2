"""How long an answer asks us to wait, by the government's own clock (RFC 9110, 10.2.3)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_RETRY_AFTER_S: Final = 3600.0
_SECONDS = re.compile(r"[0-9]{1,12}")
_MAX_DATE_CHARS: Final = 40


def retry_after_s(headers: Mapping[str, str]) -> float:
    """The seconds ``Retry-After`` asks for, at most an hour; 0 when it asks for nothing that can be read.

    A date is read against the answer's ``Date``: our clock and theirs may be a day apart.
    """
    text = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), MAX_RETRY_AFTER_S)
    until, now = _instant(text), _instant(headers.get("date", "").strip())
    if until is None or now is None:
        return 0.0
    return min(max((until - now).total_seconds(), 0.0), MAX_RETRY_AFTER_S)


def _instant(text: str) -> datetime | None:
    if len(text) > _MAX_DATE_CHARS:
        return None
    try:
        found = parsedate_to_datetime(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
