"""Which role may use which method of a view. A view that names none lets nobody in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission

from edu.identity.principal import Principal

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView


class RolePermission(BasePermission):
    """Reads the view's ``allowed_roles``: HTTP method to roles (HEAD is GET's). What is not named is refused."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the caller's role is among those of the method.

        Raises:
            MethodNotAllowed: the view offers the method to nobody.
        """
        allowed = getattr(view, "allowed_roles", {})
        caller, method = request.user, "GET" if request.method == "HEAD" else request.method
        if not isinstance(caller, Principal):
            return False
        if method not in allowed:
            raise MethodNotAllowed(request.method or "")
        return caller.role in allowed[method]
