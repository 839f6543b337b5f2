"""Who may call an endpoint at all; which sections and terms, the services decide."""

from __future__ import annotations

from edu.identity.principal import Role

READERS = frozenset({Role.TEACHER, Role.SCHOOL_ADMIN, Role.AUDITOR})
# auditors see that something was graded, never a child's grade (ADR 0003)
GRADERS = frozenset({Role.TEACHER, Role.SCHOOL_ADMIN})
