"""The signed-in staff member's school decides the scope in which a console request is handled."""

from __future__ import annotations

from contextlib import nullcontext
from functools import cache
from typing import TYPE_CHECKING

from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.template.response import SimpleTemplateResponse
from django.urls import reverse

from edu.console import staff
from edu.console.models import StaffUser
from edu.errors import UnavailableError
from edu.identity.cognito import SignInRefusedError
from edu.tenancy import enter_school

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse


class ConsoleSessionMiddleware(SessionMiddleware):
    """Django's own; when the table is busy as a session is saved, a page says so instead of a 500."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Save the session if it changed."""
        try:
            return super().process_response(request, response)
        except UnavailableError as error:
            return unavailable(error)


class ConsoleMessageMiddleware(MessageMiddleware):
    """Django's own, for the console's addresses alone: the API has nobody to leave a message for."""

    def process_request(self, request: HttpRequest) -> None:
        """Find what was left for whom the session is of."""
        if request.path.startswith(_console()):
            super().process_request(request)


class ConsoleScopeMiddleware:
    """Rebuilds the user from the session, renewing it at Cognito when its ID token is over, and enters its school.

    Only for the console's own addresses: API requests bring a bearer token, and a session's cookie means nothing there.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle one request; a console request in its user's school, which is left whatever happens."""
        if not request.path.startswith(_console()):
            return self._get_response(request)
        try:
            user = signed_in_user(request)
        except UnavailableError as error:
            return unavailable(error)
        request.user = user or AnonymousUser()
        with enter_school(user.school_id) if user and user.school_id else nullcontext():
            return self._get_response(request)

    def process_exception(self, request: HttpRequest, raised: Exception) -> HttpResponse | None:
        """A page for people when the table or Cognito is busy; everything else goes on to Django."""
        if isinstance(raised, UnavailableError) and request.path.startswith(_console()):
            return unavailable(raised)
        return None


@cache
def _console() -> str:
    """Where the console's addresses begin."""
    return reverse("admin:index")


def signed_in_user(request: HttpRequest) -> StaffUser | None:
    """Who the session belongs to; ``None`` without one, or when Cognito does not renew it (it is ended then).

    Raises:
        UnavailableError: the table or Cognito does not answer. The session stays.
    """
    signed_in = staff.kept(request.session)
    if signed_in is None:
        return None
    if signed_in.is_over():
        try:
            signed_in = staff.renewed(signed_in)
        except SignInRefusedError:
            logout(request)
            return None
        staff.keep(request.session, signed_in)
    return StaffUser.of(signed_in)


def unavailable(error: UnavailableError) -> HttpResponse:
    """503 with a page that asks to try again."""
    response = SimpleTemplateResponse("console/unavailable.html", status=error.status)
    response.headers["Retry-After"] = str(error.retry_after_s)
    return response.render()
