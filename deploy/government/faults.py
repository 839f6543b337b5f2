"""Scripted faults: what goes wrong with the next requests."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

ANY = "any"
STATUS, HANG, DROP = "status", "hang", "drop"


@dataclass(frozen=True)
class Fault:
    """What happens to the next ``times`` requests of an operation (``submit``, ``ask``, ``held`` or ``any``).

    ``action``: answer ``status`` with ``body`` (and ``Retry-After`` when ``retry_after_s`` is set), ``hang`` for
    ``hold_s`` and then close, or ``drop`` the connection at once; after the request took effect with ``effect``, else
    instead of it.
    """

    action: str
    on: str = ANY
    times: int = 1
    status: int = 503
    body: Mapping[str, Any] = field(default_factory=lambda: {"error": "scripted"})
    retry_after_s: int | None = None
    hold_s: float = 60.0
    effect: bool = False

    def __post_init__(self) -> None:
        named = self.action in {STATUS, HANG, DROP} and self.on in {ANY, "submit", "ask", "held"}
        if not named or self.times < 1 or not isinstance(self.body, Mapping):
            raise ValueError("malformed fault")


class Script:
    """The faults still to come, and the students whose grades are refused or poisonous.

    Thread-safe; forgotten at the end.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._refused: dict[str, str] = {}
        self._poisonous: dict[str, int] = {}

    def load(self, body: Mapping[str, Any]) -> None:
        """Add ``faults`` (a list of ``Fault`` fields), ``refuse`` (student id -> reason) and ``poison``.

        ``poison`` (student id -> status): a batch with a grade of this student is refused whole, with that status.

        Raises:
            ValueError, TypeError: a fault is malformed; nothing is added.
        """
        faults = [Fault(**fields) for fields in body.get("faults", [])]
        with self._lock:
            self._faults += faults
            self._refused |= body.get("refuse", {})
            self._poisonous |= body.get("poison", {})

    def clear(self) -> None:
        """From now on nothing goes wrong."""
        with self._lock:
            self._faults, self._refused, self._poisonous = [], {}, {}

    def next_for(self, operation: str) -> Fault | None:
        """Take the next fault meant for the operation, if there is one."""
        with self._lock:
            for position, fault in enumerate(self._faults):
                if fault.on in {ANY, operation}:
                    rest = [replace(fault, times=fault.times - 1)] if fault.times > 1 else []
                    self._faults[position : position + 1] = rest
                    return fault
        return None

    def refused(self) -> dict[str, str]:
        """Students whose grades are refused, with the reason."""
        with self._lock:
            return dict(self._refused)

    def poison_of(self, student_ids: Iterable[str]) -> int | None:
        """The status with which a batch of these students' grades is refused whole; ``None`` when it is not."""
        with self._lock:
            return next((self._poisonous[found] for found in student_ids if found in self._poisonous), None)
