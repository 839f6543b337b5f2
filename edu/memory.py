"""What a process remembers of the school in scope for five minutes, each school for itself.

The objects themselves are kept, not copies, so only what nobody can change may be: frozen records. Reading a copy out
of Django's local-memory cache took a tenth of the time of a teacher's write.
"""

from __future__ import annotations

import time
from threading import Lock
from typing import TYPE_CHECKING, Any

from cachetools import TTLCache

from edu.tenancy import current_school_id

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 300.0
MOST = 10_000  # the sections of 50 schools and the evaluations their teachers are at
_remembered: TTLCache[tuple[str, str], Any] = TTLCache(MOST, SECONDS, timer=lambda: time.time())  # noqa: PLW0108
_lock = Lock()


def remembered(name: str, load: Callable[[], Any]) -> Any:  # noqa: ANN401 - any record
    """What is remembered under the name, loaded if nothing is.

    Raises:
        NoScopeError: no school is in scope.
        Exception: whatever ``load`` raises; nothing is remembered then.
    """
    key = _key(name)
    with _lock:
        value = _remembered.get(key)
    if value is None:
        value = load()
        remember(name, value)
    return value


def remember(name: str, value: object) -> None:
    """Keep what this process has just written or read."""
    with _lock:
        _remembered[_key(name)] = value


def forget(name: str) -> None:
    """Drop what is remembered under the name: this process has changed it, or knows better."""
    with _lock:
        _remembered.pop(_key(name), None)


def forget_everything() -> None:
    """Drop what is remembered of every school."""
    with _lock:
        _remembered.clear()


def _key(name: str) -> tuple[str, str]:
    return (current_school_id(), name)
