"""Signing in at the console with a Cognito account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.backends import BaseBackend
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from edu.console import staff
from edu.console.attempts import Attempt
from edu.console.models import StaffUser
from edu.http.throttles import client_address
from edu.identity.cognito import CognitoUnavailableError, SignInRefusedError
from edu.identity.jwks import KeysUnavailableError

if TYPE_CHECKING:
    from typing import Any

    from django.http import HttpRequest


class CognitoBackend(BaseBackend):
    """Name and password are Cognito's to judge; the user is what the ID token's claims say."""

    def authenticate(  # type: ignore[override] # Django's base takes any keyword
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None
    ) -> StaffUser | None:
        """The staff member, or ``None``: wrong name or password, disabled account, or a role without a console.

        Too many failures (``edu.console.attempts``) look the same.

        Raises:
            UnavailableError: Cognito or the table does not answer.
        """
        if not username or not password:
            return None
        try:
            with Attempt.of(username, client_address(request) if request else "").counted():
                return StaffUser.of(staff.sign_in(username, password))
        except SignInRefusedError:
            return None

    def get_user(self, user_id: object) -> None:
        """Nobody: there is no table of users. ``ConsoleScopeMiddleware`` rebuilds the user from the session."""
        del user_id


class SignInForm(AdminAuthenticationForm):
    """The stock form, with our words; Cognito that does not answer is one of them. A busy table is a 503."""

    error_messages = {  # noqa: RUF012 - as Django declares it
        **AdminAuthenticationForm.error_messages,
        "invalid_login": _(
            "The account or the password is wrong, or the account has no console. "
            "Teachers and students use their own application."
        ),
    }

    def clean(self) -> dict[str, Any]:
        """The stock check of name and password."""
        try:
            return super().clean()
        except (CognitoUnavailableError, KeysUnavailableError) as error:
            raise ValidationError(error.title, code=error.code) from error
