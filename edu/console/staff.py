"""The signed-in staff member, as the session keeps it, and its renewal at Cognito."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from edu import clock
from edu.console.access import may_sign_in
from edu.console.attempts import as_counted
from edu.identity import cognito
from edu.identity.tokens import InvalidTokenError, principal_from_claims, verifier
from edu.logs import get_logger

if TYPE_CHECKING:
    from django.contrib.sessions.backends.base import SessionBase

    from edu.identity.principal import Principal

SESSION_KEY = "staff"
_KEPT_CLAIMS = ("sub", "cognito:username", "custom:role", "custom:school_id", "custom:person_id")
_log = get_logger(__name__)


@dataclass(frozen=True)
class SignIn:
    """A verified sign-in: the claims we live by, until when they hold, and the means to renew them."""

    claims: dict[str, str]
    valid_until_s: int
    refresh_token: str = field(repr=False)

    @property
    def principal(self) -> Principal:
        """Who signed in."""
        return principal_from_claims(self.claims)

    @property
    def username(self) -> str:
        """The account's name, for the page's head."""
        return self.claims.get("cognito:username", "")

    def is_over(self) -> bool:
        """Whether the ID token has expired, so that Cognito must be asked again."""
        return self.valid_until_s <= clock.epoch_s()


def sign_in(username: str, password: str) -> SignIn:
    """Sign a staff member in, by the account's own name.

    Cognito takes the account's ``sub`` for a name too (and whatever else a pool makes an alias). Attempts are counted
    by name, so an alias would be a second set of them: a right password under one is refused as a wrong one is.

    Raises:
        SignInRefusedError: Cognito refuses, the name is an alias, or the role has no console. All look the same.
        UnavailableError: Cognito does not answer.
    """
    signed_in = _verified(cognito.sign_in(username, password))
    if as_counted(signed_in.username) != as_counted(username):
        raise cognito.SignInRefusedError
    return signed_in


def renewed(old: SignIn) -> SignIn:
    """The same person's sign-in with a fresh ID token.

    Raises:
        SignInRefusedError: the account was disabled or changed hands, or its role has no console any more.
        UnavailableError: Cognito does not answer.
    """
    new = _verified(cognito.renew(old.refresh_token))
    if new.claims["sub"] != old.claims["sub"]:
        raise cognito.SignInRefusedError
    return new


def keep(session: SessionBase, signed_in: SignIn) -> None:
    """Store a sign-in in the session."""
    session[SESSION_KEY] = msgspec.to_builtins(signed_in)


def kept(session: SessionBase) -> SignIn | None:
    """The session's sign-in, or ``None``."""
    stored: Any = session.get(SESSION_KEY)
    return msgspec.convert(stored, SignIn) if stored else None


def _verified(tokens: cognito.Tokens) -> SignIn:
    try:
        claims = verifier().claims(tokens.id_token)
        role = principal_from_claims(claims).role
    except InvalidTokenError as error:
        _log.error("token refused after a sign-in", reason=error.detail)
        raise cognito.SignInRefusedError from error
    if not may_sign_in(role):
        raise cognito.SignInRefusedError
    kept_claims = {name: str(claims[name]) for name in _KEPT_CLAIMS if claims.get(name)}
    return SignIn(kept_claims, int(claims["exp"]), tokens.refresh_token)
