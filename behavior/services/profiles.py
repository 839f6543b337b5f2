"""A student's behaviour profile, for who teaches the student."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from behavior.domain.profiles import profile_of
from behavior.repository import events as repository
from edu import clock
from evaluations.services import get_school, require_own_student

if TYPE_CHECKING:
    from behavior.domain.profiles import Profile
    from edu.identity.principal import Principal


def get_profile(*, actor: Principal, student_id: str) -> Profile:
    """What the student's events of the last 30 days come to, counted from the table as it is now.

    Nothing is kept of it, so that no redelivery can make it wrong (ADR 0022). One query of the student's events.

    Raises:
        NotFoundError: no such student in this school.
        NotAssignedError: the actor is neither an administrator nor teaches the student anything.
    """
    require_own_student(actor=actor, student_id=student_id)
    zone = ZoneInfo(get_school().time_zone)
    return profile_of(repository.all_events(student_id), now=clock.now(), zone=zone)
