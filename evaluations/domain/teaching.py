"""Who teaches a section beside its teacher, since when and until when, and in which capacity a person writes in it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import combinations

from evaluations.domain.checks import check_id, check_utc

MOST_ASSIGNMENTS = 30  # of one section, those that are over among them: they stand in the section's own item


class Capacity(StrEnum):
    """As what somebody acts in a section: it is theirs, they share it, they stand in, or they administer the school."""

    TEACHER = "teacher"
    CO_TEACHER = "co_teacher"
    SUBSTITUTE = "substitute"
    ADMINISTRATOR = "administrator"


CAPACITIES = [str(capacity) for capacity in Capacity]
ASSIGNABLE = [str(Capacity.CO_TEACHER), str(Capacity.SUBSTITUTE)]


@dataclass(frozen=True, slots=True, kw_only=True)
class TeachingAssignment:
    """Somebody who teaches a section beside its teacher, from a day on and until one, both included.

    The days are the school's. A substitute has both; a co-teacher may have neither. ``ended_at``: somebody ended it at
    this instant, whatever its last day; from then on it covers none. It is never taken away: grades were written under
    it.
    """

    assignment_id: str
    teacher_id: str
    capacity: Capacity
    starts_on: date | None = None
    ends_on: date | None = None
    ended_at: datetime | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for a bad id, capacity or time, days in the wrong order, or a substitute without both."""
        check_id("assignment_id", self.assignment_id)
        check_id("teacher_id", self.teacher_id)
        if self.capacity not in ASSIGNABLE:
            raise ValueError("capacity: neither co_teacher nor substitute")
        if self.capacity is Capacity.SUBSTITUTE and (self.starts_on is None or self.ends_on is None):
            raise ValueError(f"{'ends_on' if self.starts_on else 'starts_on'}: a substitute has a first and a last day")
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValueError("ends_on: before starts_on")
        if self.ended_at is not None:
            check_utc("ended_at", self.ended_at)

    def covers(self, day: date) -> bool:
        """Whether the person teaches on this day of the school."""
        begun = self.starts_on is None or self.starts_on <= day
        return begun and not self.is_over(day)

    def is_over(self, day: date) -> bool:
        """Whether it covers neither this day of the school nor any later one."""
        return self.ended_at is not None or (self.ends_on is not None and self.ends_on < day)

    def overlaps(self, other: "TeachingAssignment") -> bool:
        """Whether there is a day that both cover."""
        if self.ended_at or other.ended_at:
            return False
        ends_before = self.ends_on and other.starts_on and self.ends_on < other.starts_on
        starts_after = self.starts_on and other.ends_on and other.ends_on < self.starts_on
        return not (ends_before or starts_after)


def check_assignments(assignments: Iterable[TeachingAssignment]) -> None:
    """Raise ValueError for too many, an id twice, or two of the same person that overlap."""
    given = tuple(assignments)
    if len(given) > MOST_ASSIGNMENTS:
        raise ValueError(f"others: more than {MOST_ASSIGNMENTS}")
    if len({one.assignment_id for one in given}) != len(given):
        raise ValueError("others: an id repeats")
    if any(one.teacher_id == other.teacher_id and one.overlaps(other) for one, other in combinations(given, 2)):
        raise ValueError("others: a person twice on the same day")
