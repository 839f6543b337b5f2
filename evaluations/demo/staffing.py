"""Who teaches the demo schools' sections beside their teachers: one is shared, and in one somebody stands in today."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from evaluations.domain.school import Section, Teacher
from evaluations.domain.teaching import Capacity

_DAYS_BEFORE, _DAYS_AFTER = 4, 9


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAssignment:
    """Somebody who is to teach a section beside its teacher, and why."""

    section_id: str
    teacher_id: str
    capacity: Capacity
    starts_on: date | None = None
    ends_on: date | None = None
    reason: str


def plan_assignments(
    sections: Iterable[Section], teachers: Iterable[Teacher], today: date
) -> tuple[PlannedAssignment, ...]:
    """A co-teacher for the first section, and a substitute for the last; nobody where there is one teacher only."""
    every, people = tuple(sections), [teacher.teacher_id for teacher in teachers]
    first, last = every[0], every[-1]
    co_teacher = next((one for one in people if one != first.teacher_id), None)
    substitute = next((one for one in people if one != last.teacher_id), None)
    if not co_teacher or not substitute:
        return ()
    sharing = PlannedAssignment(
        section_id=first.section_id, teacher_id=co_teacher, capacity=Capacity.CO_TEACHER, reason="Curso numeroso"
    )
    if first is last:
        return (sharing,)
    standing_in = PlannedAssignment(
        section_id=last.section_id,
        teacher_id=substitute,
        capacity=Capacity.SUBSTITUTE,
        starts_on=today - timedelta(days=_DAYS_BEFORE),
        ends_on=today + timedelta(days=_DAYS_AFTER),
        reason="Licencia de la persona titular",
    )
    return (sharing, standing_in)
