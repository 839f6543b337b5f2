"""The one form in which a value is written as JSON: RFC 8785. Equal values give equal bytes, and equal digests."""

from __future__ import annotations

import hashlib
from datetime import UTC
from typing import TYPE_CHECKING, Any

import rfc8785

if TYPE_CHECKING:
    from datetime import datetime


def canonical(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """The value's canonical bytes. Grades are texts in it: no number of ours has a fraction.

    Raises:
        ValueError: it has no canonical form: not a JSON value, half a surrogate pair, a number past 2^53.
    """
    return rfc8785.dumps(value)


def canonical_sha256(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """SHA-256 of the value's canonical bytes, as 64 small hexadecimal digits.

    Raises:
        ValueError: it has no canonical form.
    """
    return hashlib.sha256(canonical(value)).hexdigest()


def instant_text(instant: datetime) -> str:
    """An instant in UTC with six decimals: one text for each instant."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
