"""What may be done with students' events, and which roles may do it."""

from __future__ import annotations

from edu.identity.capabilities import Capability, grant
from edu.identity.principal import Role

REPORT_EVENTS = Capability("behavior.report_events")  # those of their own device; deploy/data-plane.yaml says it too
READ_EVENTS = Capability("behavior.read_events")  # those of any student of the school
READ_PROFILES = Capability("behavior.read_profiles")  # a teacher those of their own students
CHOOSE_KINDS = Capability("behavior.choose_kinds")  # those that the school uses

grant(
    "behavior",
    {
        Role.STUDENT: frozenset({REPORT_EVENTS}),
        Role.TEACHER: frozenset({READ_PROFILES}),
        Role.SCHOOL_ADMIN: frozenset({READ_EVENTS, READ_PROFILES, CHOOSE_KINDS}),
    },
)
