"""Which capability each method of a view takes. A view that names none lets nobody in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission

from edu.identity.capabilities import holds
from edu.identity.principal import Principal

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView


class CapabilityPermission(BasePermission):
    """Reads the view's ``capabilities``: HTTP method to capability (HEAD is GET's). What is not named is refused."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the caller has the method's capability, and a school: each address is about one's own.

        An operator may do some of it too, but by ``manage.py``, which names the school.

        Raises:
            MethodNotAllowed: the view offers the method to nobody.
        """
        capabilities = getattr(view, "capabilities", {})
        caller, method = request.user, "GET" if request.method == "HEAD" else request.method
        if not isinstance(caller, Principal):
            return False
        if method not in capabilities:
            raise MethodNotAllowed(request.method or "")
        return caller.school_id is not None and holds(caller, capabilities[method])
