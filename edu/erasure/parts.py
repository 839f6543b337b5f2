"""What of a student is to be erased, and what may stand in the way: each app says so, as it is loaded.

Apps cannot know each other, so they tell the ground floor, as they tell the console their actions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Part:
    """Something held of a student of the school in scope.

    ``name`` is stable and gives the order, ``<number>-<what>``: a job that was interrupted goes on behind it. ``erase``
    takes the student's id, may be done again at any time and from any point, and returns how many things it erased or
    unlinked; ``find`` counts what it would. ``late``: to be done once no process remembers the student's key any more.
    """

    name: str
    erase: Callable[[str], int]
    find: Callable[[str], int]
    late: bool = False


@dataclass(frozen=True)
class Obstacle:
    """Why a student must not be erased now: a ``code``, what it is about, and until when, where that is known."""

    code: str
    about: str
    until: datetime | None = None

    def __str__(self) -> str:
        until = f" until {self.until:%Y-%m-%dT%H:%M:%SZ}" if self.until else ""
        return f"{self.code} ({self.about}){until}"


Check = Callable[[str], Iterable[Obstacle]]
_parts: dict[str, Part] = {}
_checks: dict[str, Check] = {}


def register_part(part: Part) -> None:
    """Take a part.

    Raises:
        ValueError: there is one of this name.
    """
    if part.name in _parts:
        raise ValueError(f"registered twice: {part.name}")
    _parts[part.name] = part


def register_check(name: str, check: Check) -> None:
    """Take what finds obstacles to a student's erasure; it may also raise, e.g. that there is no such student.

    Raises:
        ValueError: there is one of this name.
    """
    if name in _checks:
        raise ValueError(f"registered twice: {name}")
    _checks[name] = check


def list_parts() -> list[Part]:
    """Every part, in the order in which they are erased; the late ones are the last."""
    return sorted(_parts.values(), key=lambda part: (part.late, part.name))


def find_obstacles(student_id: str) -> list[Obstacle]:
    """What stands in the way of erasing a student of the school in scope. Raises what a check raises."""
    return [obstacle for _name, check in sorted(_checks.items()) for obstacle in check(student_id)]
