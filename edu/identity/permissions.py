"""Which role may use which method of a view. A view that names none lets nobody in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission

from edu.identity.principal import Principal

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView


class RolePermission(BasePermission):
    """Reads the view's ``allowed_roles``: HTTP method to roles. What is not named is refused."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the caller's role is among those of the method."""
        allowed = getattr(view, "allowed_roles", {})
        caller = request.user
        return isinstance(caller, Principal) and caller.role in allowed.get(request.method, frozenset())
