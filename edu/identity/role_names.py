"""What the roles are called on a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from edu.identity.principal import Role

if TYPE_CHECKING:
    from django.utils.functional import Promise

ROLE_NAMES = {
    Role.TEACHER: _("Teacher"),
    Role.SCHOOL_ADMIN: _("School administrator"),
    Role.AUDITOR: _("Auditor"),
    Role.PLATFORM_OPERATOR: _("Platform operator"),
    Role.STUDENT: _("Student"),
}
_NAMES = {str(role): name for role, name in ROLE_NAMES.items()}


def role_name(role: str) -> str | Promise:
    """The role's name; an old role that nobody has any more keeps its own."""
    return _NAMES.get(role, role)
