"""DRF's view of the identity that the middleware verified."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import NotAuthenticated

from edu.http.problems import CHALLENGE
from edu.identity.principal import Principal

if TYPE_CHECKING:
    from rest_framework.request import Request

    from edu.identity.middleware import BearerIdentity


def principal_of(request: Request) -> Principal:
    """The verified caller of an API request.

    Raises:
        NotAuthenticated: there is none.
    """
    if not isinstance(request.user, Principal):
        raise NotAuthenticated
    return request.user


class BearerAuthentication(BaseAuthentication):
    """``Authorization: Bearer <Cognito ID token>``."""

    def authenticate(self, request: Request) -> tuple[Principal, None] | None:
        """The verified caller, or ``None`` without a token.

        Raises:
            InvalidTokenError: the token was refused.
        """
        identity: BearerIdentity = request._request.bearer  # type: ignore[attr-defined]  # noqa: SLF001 - DRF's own names
        if identity.error:
            raise identity.error
        return (identity.principal, None) if identity.principal else None

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002 - DRF's own names
        """What a 401 asks for."""
        return CHALLENGE
