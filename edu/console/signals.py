"""What follows a sign-in and a sign-out.

After a sign-in its claims and refresh token go into the new session, which ends at the end of a working day. With a
sign-out the refresh token ends too: a copy of it renews nothing any more.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.signals import user_logged_in, user_logged_out

from edu import clock
from edu.console import staff
from edu.console.models import StaffUser
from edu.errors import UnavailableError
from edu.identity import cognito
from edu.logs import get_logger

if TYPE_CHECKING:
    from django.http import HttpRequest

_log = get_logger(__name__)


def connect() -> None:
    """Listen to Django's signals. Idempotent."""
    user_logged_in.connect(keep_sign_in, dispatch_uid="edu.console.keep_sign_in")
    user_logged_out.connect(revoke_sign_in, dispatch_uid="edu.console.revoke_sign_in")


def keep_sign_in(request: HttpRequest, user: object, **_kwargs: object) -> None:
    """Put the sign-in into the session; the session's end is fixed now and does not move with use."""
    if isinstance(user, StaffUser):
        request.session.set_expiry(clock.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE))
        staff.keep(request.session, user.signed_in)
        _log.info("console sign-in", subject=user.subject, role=user.role, school_id=user.school_id)


def revoke_sign_in(request: HttpRequest, user: object, **_kwargs: object) -> None:
    """End the refresh token. When Cognito does not answer the sign-out goes on: what a person ends is the session."""
    signed_in = staff.kept(request.session)
    if signed_in is None:
        return
    try:
        cognito.revoke(signed_in.refresh_token)
    except UnavailableError:
        _log.exception("refresh token not revoked")
    subject = user.subject if isinstance(user, StaffUser) else ""
    _log.info("console sign-out", subject=subject)
