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
    from collections.abc import Callable, Iterable, Mapping

SECONDS = 300.0
MOST = 10_000  # the sections of 50 schools and the evaluations their teachers are at


class Memory:
    """So many values at most, of all schools together; what was not remembered anew for five minutes is gone.

    Every method works on the school in scope and raises ``NoScopeError`` outside one, but for ``forget_everything``.
    """

    def __init__(self, most: int) -> None:
        self._values: TTLCache[tuple[str, str], Any] = TTLCache(most, SECONDS, timer=lambda: time.time())  # noqa: PLW0108
        self._lock = Lock()

    def recalled(self, names: Iterable[str]) -> dict[str, Any]:
        """What is remembered under these names; the others are left out."""
        school_id = current_school_id()
        with self._lock:
            found = {name: self._values.get((school_id, name)) for name in names}
        return {name: value for name, value in found.items() if value is not None}

    def remember(self, values: Mapping[str, object]) -> None:
        """Keep what this process has just written or read."""
        school_id = current_school_id()
        with self._lock:
            self._values.update({(school_id, name): value for name, value in values.items()})

    def forget(self, name: str) -> None:
        """Drop what is remembered under the name: this process has changed it, or knows better."""
        key = (current_school_id(), name)
        with self._lock:
            self._values.pop(key, None)

    def forget_everything(self) -> None:
        """Drop what is remembered of every school."""
        with self._lock:
            self._values.clear()


_records = Memory(MOST)


def remembered(name: str, load: Callable[[], Any]) -> Any:  # noqa: ANN401 - any record
    """The record that is remembered under the name, loaded if none is.

    Raises:
        NoScopeError: no school is in scope.
        Exception: whatever ``load`` raises; nothing is remembered then.
    """
    value = _records.recalled([name]).get(name)
    if value is None:
        value = load()
        remember(name, value)
    return value


def remember(name: str, value: object) -> None:
    """Keep a record that this process has just written or read."""
    _records.remember({name: value})


def forget(name: str) -> None:
    """Drop the record that is remembered under the name: this process has changed it, or knows better."""
    _records.forget(name)


def forget_everything() -> None:
    """Drop the records that are remembered of every school."""
    _records.forget_everything()
