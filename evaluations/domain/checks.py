"""Checks the domain's types share. A message names the field, never the value: values may be a child's data."""

from datetime import datetime, timedelta

from edu.texts import is_one_line
from edu.values import is_id

MAX_TEXT_CHARS = 120
MAX_REASON_CHARS = 200
MAX_COMMENT_CHARS = 500
MAX_VERSION = 999_999  # so that what the government is told has a number of its own (``domain.told_versions``)


def check_id(field: str, value: str) -> None:
    """Raise ValueError unless ``value`` is a short ASCII id (``[a-z0-9-]``, 1 to 40 characters)."""
    if not is_id(value):
        raise ValueError(f"{field}: not an id of 1 to 40 characters a-z, 0-9, -")


def check_text(field: str, value: str) -> None:
    """Raise ValueError unless ``value`` is one readable line of 1 to 120 characters without outer spaces."""
    if not value or len(value) > MAX_TEXT_CHARS or not is_one_line(value):
        raise ValueError(f"{field}: not one readable line of 1 to {MAX_TEXT_CHARS} characters")


def check_reason(value: str) -> None:
    """Raise ValueError unless ``value`` is empty or one readable line of at most 200 characters."""
    if len(value) > MAX_REASON_CHARS or not is_one_line(value):
        raise ValueError(f"reason: not one readable line of at most {MAX_REASON_CHARS} characters")


def check_comment(value: str) -> None:
    """Raise ValueError unless ``value`` is one readable line of 1 to 500 characters without outer spaces."""
    if not value or len(value) > MAX_COMMENT_CHARS or not is_one_line(value):
        raise ValueError(f"comment: not one readable line of 1 to {MAX_COMMENT_CHARS} characters")


def check_utc(field: str, value: datetime) -> None:
    """Raise ValueError unless ``value`` is an aware instant in UTC."""
    if value.utcoffset() != timedelta(0):
        raise ValueError(f"{field}: not an aware UTC instant")


def check_version(value: int) -> None:
    """Raise ValueError unless ``value`` is a version number, from 1 to 999,999."""
    if not 1 <= value <= MAX_VERSION:
        raise ValueError(f"version: not from 1 to {MAX_VERSION}")
