"""What each role may do at the console, as Django permission names. What is not named is refused."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from edu.identity.principal import Role

ROLE_NAMES = {
    Role.TEACHER: _("Teacher"),
    Role.SCHOOL_ADMIN: _("School administrator"),
    Role.AUDITOR: _("Auditor"),
    Role.PLATFORM_OPERATOR: _("Platform operator"),
    Role.STUDENT: _("Student"),
}
PERMISSIONS: dict[Role, frozenset[str]] = {
    Role.SCHOOL_ADMIN: frozenset({"evaluations.view_evaluation", "evaluations.view_score"}),
    Role.AUDITOR: frozenset({"evaluations.view_evaluation", "console.view_auditentry"}),
    Role.PLATFORM_OPERATOR: frozenset(),
}


def may_sign_in(role: Role) -> bool:
    """Whether the console is open to this role at all."""
    return role in PERMISSIONS


def allows(role: Role, permission: str) -> bool:
    """Whether the role has the permission ``<app label>.<action>_<model>``."""
    return permission in PERMISSIONS.get(role, frozenset())


def allows_app(role: Role, app_label: str) -> bool:
    """Whether the role has any permission of the app."""
    return any(name.startswith(f"{app_label}.") for name in PERMISSIONS.get(role, frozenset()))
