"""What the simulator was told to do: faults to come, students to refuse, and the conditions of the day."""

from __future__ import annotations

import random
import threading
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from deploy.government.conditions import Conditions, changed, drawn
from deploy.government.faults import ANY, Fault, read_fault
from deploy.government.grades import Rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Script:
    """Everything that goes wrong. Thread-safe; forgotten at the end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._refused: dict[str, str] = {}
        self._poisonous: dict[str, int] = {}
        self._conditions = Conditions()
        self._random = random.Random(self._conditions.seed)  # noqa: S311 - to be repeatable, not secret

    def load(self, body: Mapping[str, Any]) -> None:
        """Add ``faults`` (a list of a ``Fault``'s fields), ``refuse`` and ``poison``, and change ``conditions``.

        ``refuse`` (student id -> reason): no grade of this student is taken. ``poison`` (student id -> status): a batch
        with a grade of this student is refused whole, with that status.

        Raises:
            ValueError, TypeError, KeyError, AttributeError: something is malformed; nothing is changed.
        """
        faults = [read_fault(fields) for fields in body.get("faults", [])]
        with self._lock:
            conditions = changed(self._conditions, body.get("conditions", {}))
            if conditions.seed != self._conditions.seed:
                self._random.seed(conditions.seed)
            self._conditions = conditions
            self._faults += faults
            self._refused |= body.get("refuse", {})
            self._poisonous |= body.get("poison", {})

    def clear(self) -> None:
        """From now on nothing goes wrong."""
        with self._lock:
            self._faults, self._refused, self._poisonous = [], {}, {}
            self._conditions = Conditions()
            self._random.seed(self._conditions.seed)

    @property
    def conditions(self) -> Conditions:
        """The conditions of the day."""
        with self._lock:
            return self._conditions

    @property
    def waiting(self) -> Mapping[str, int]:
        """For how many requests scripted faults still wait, by what they are ``on``."""
        with self._lock:
            waiting = Counter[str]()
            for fault in self._faults:
                waiting[fault.on] += fault.times
            return waiting

    def next_for(self, operation: str) -> Fault | None:
        """Take the next fault meant for the operation; where none waits, chance decides."""
        with self._lock:
            for position, fault in enumerate(self._faults):
                if fault.on in {ANY, operation}:
                    rest = [replace(fault, times=fault.times - 1)] if fault.times > 1 else []
                    self._faults[position : position + 1] = rest
                    return fault
            chances = self._conditions.chances
            return drawn(chances, operation, self._random.random()) if chances else None

    def rules(self) -> Rules:
        """What is refused beyond the contract."""
        with self._lock:
            return Rules(dict(self._refused), self._conditions.schema)

    def poison_of(self, student_ids: Iterable[str]) -> int | None:
        """The status with which a batch of these students' grades is refused whole; ``None`` when it is not."""
        with self._lock:
            return next((self._poisonous[found] for found in student_ids if found in self._poisonous), None)
