"""Checks the domain's types share. A message names the field, never the value: values may be a child's data."""

import re
from datetime import datetime, timedelta

_ID = re.compile(r"[a-z0-9-]{1,40}", re.ASCII)
_MAX_TEXT_CHARS = 120
MAX_REASON_CHARS = 200


def check_id(field: str, value: str) -> None:
    """Raise ValueError unless ``value`` is a short ASCII id (``[a-z0-9-]``, 1 to 40 characters)."""
    if not _ID.fullmatch(value):
        raise ValueError(f"{field}: not an id of 1 to 40 characters a-z, 0-9, -")


def check_text(field: str, value: str) -> None:
    """Raise ValueError unless ``value`` is one printable line of 1 to 120 characters without outer spaces."""
    if not value or value != value.strip() or len(value) > _MAX_TEXT_CHARS or not value.isprintable():
        raise ValueError(f"{field}: not one printable line of 1 to {_MAX_TEXT_CHARS} characters")


def check_reason(value: str) -> None:
    """Raise ValueError unless ``value`` is empty or one printable line of at most 200 characters."""
    if value != value.strip() or len(value) > MAX_REASON_CHARS or not value.isprintable():
        raise ValueError(f"reason: not one printable line of at most {MAX_REASON_CHARS} characters")


def check_utc(field: str, value: datetime) -> None:
    """Raise ValueError unless ``value`` is an aware instant in UTC."""
    if value.utcoffset() != timedelta(0):
        raise ValueError(f"{field}: not an aware UTC instant")


def check_version(value: int) -> None:
    """Raise ValueError unless ``value`` is a version number; the first is 1."""
    if value < 1:
        raise ValueError("version: versions start at 1")
