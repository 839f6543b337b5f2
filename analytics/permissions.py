"""What may be done with what the lake and the exports hold, and which roles may do it."""

from __future__ import annotations

from edu.identity.capabilities import Capability, grant
from edu.identity.principal import Role

EXPORT_SCHOOL = Capability("analytics.export_school")  # order an export of the whole school, and take it
REIDENTIFY_STUDENTS = Capability("analytics.reidentify_students")  # say whose a pseudonym of the own school's is
SEE_ANALYTICS = Capability("analytics.see_analytics")  # of the whole school, and its students at risk by name
SEE_SECTION_ANALYTICS = Capability("analytics.see_section_analytics")  # a teacher those of the sections they teach

grant(
    "analytics",
    {
        Role.TEACHER: frozenset({SEE_SECTION_ANALYTICS}),
        Role.SCHOOL_ADMIN: frozenset({EXPORT_SCHOOL, REIDENTIFY_STUDENTS, SEE_ANALYTICS, SEE_SECTION_ANALYTICS}),
        Role.PLATFORM_OPERATOR: frozenset({EXPORT_SCHOOL}),  # by manage.py alone: no token of theirs opens a school
    },
)
