"""Verification of Cognito's ID tokens.

RS256 only, with keys from the pool's own JWKS and nowhere else (``jku``, ``x5u`` and ``jwk`` headers are ignored).
Issuer, audience, ``token_use``, expiry and the claims we live by are all required.
https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
"""

from __future__ import annotations

import hashlib
import threading
import time
from functools import cache
from typing import TYPE_CHECKING, Any

import jwt
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from edu.errors import LibretaError
from edu.identity.jwks import KeySet, KeysUnavailableError, UnknownKeyError
from edu.identity.principal import Principal, Role
from edu.tenancy import InvalidSchoolIdError, check_school_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from jwt.algorithms import AllowedPublicKeys
    from jwt.types import Options

    FindKey = Callable[[object], AllowedPublicKeys]

CACHE_S = 60  # spares a signature check; a token is good until it expires (an hour), whatever became of its account
_CACHE_TOKENS = 20_000
_LEEWAY_S = 5
_MAX_TOKEN_CHARS = 8192
_OPTIONS: Options = {"require": ["exp", "iat", "iss", "aud", "sub", "token_use"], "strict_aud": True}


class InvalidTokenError(LibretaError):
    """The bearer token is not one of ours, not for us, or no longer valid. Why is for the log, not for the caller."""

    code = "invalid_token"
    status = 401
    title = _("Sign in first")
    detail_is_public = False


def bearer_token_of(authorization: str) -> str | None:
    """The token of an ``Authorization`` header: empty when the scheme stands alone, ``None`` when it is another's."""
    scheme, _separator, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


class TokenVerifier:
    """Verifies ID tokens of one pool and client; a verified token is remembered for at most a minute."""

    def __init__(self, *, keys: KeySet, issuer: str, client_id: str) -> None:
        self._keys, self._issuer, self._client_id = keys, issuer, client_id
        self._verified: dict[bytes, tuple[float, Principal]] = {}
        self._lock = threading.Lock()

    def principal(self, token: str) -> Principal:
        """The caller that ``token`` proves.

        Raises:
            InvalidTokenError: for anything but a valid ID token with a role and, if the role needs one, a school.
            UnavailableError: the pool's keys cannot be fetched.
        """
        return self.remembered(token) or self._verified_now(token, self._keys.key)

    def principal_at_once(self, token: str) -> Principal | None:
        """As ``principal``, without ever waiting: ``None`` where the pool's keys would have to be fetched first.

        Raises:
            InvalidTokenError: as there.
        """
        try:
            return self.remembered(token) or self._verified_now(token, self._keys.at_hand)
        except KeysUnavailableError:
            return None

    def remembered(self, token: str) -> Principal | None:
        """The caller, if this very token was verified within the last minute and has not expired. Never waits."""
        until, principal = self._verified.get(_digest(token), (0.0, None))
        return principal if until > time.time() else None

    def claims(self, token: str) -> dict[str, Any]:
        """A valid token's claims. Same errors as ``principal``."""
        return self._claims(token, self._keys.key)

    def _verified_now(self, token: str, find_key: FindKey) -> Principal:
        claims = self._claims(token, find_key)
        principal = principal_from_claims(claims)
        self._remember(_digest(token), min(float(claims["exp"]), time.time() + CACHE_S), principal)
        return principal

    def _claims(self, token: str, find_key: FindKey) -> dict[str, Any]:
        if len(token) > _MAX_TOKEN_CHARS:
            raise InvalidTokenError("too long")
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") != "RS256":
                raise InvalidTokenError("algorithm")
            claims: dict[str, Any] = jwt.decode(
                token,
                find_key(header.get("kid")),
                algorithms=["RS256"],
                audience=self._client_id,
                issuer=self._issuer,
                leeway=_LEEWAY_S,
                options=_OPTIONS,
            )
        except (jwt.PyJWTError, UnknownKeyError, ValueError, OverflowError) as error:
            raise InvalidTokenError(type(error).__name__) from error
        if claims["token_use"] != "id":  # noqa: S105 - a claim, not a password
            raise InvalidTokenError("token_use")
        return claims

    def _remember(self, digest: bytes, until: float, principal: Principal) -> None:
        with self._lock:
            if len(self._verified) >= _CACHE_TOKENS:
                self._verified.pop(next(iter(self._verified)))
            self._verified[digest] = (until, principal)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()


def principal_from_claims(claims: dict[str, Any]) -> Principal:
    """The principal of verified claims.

    Raises:
        InvalidTokenError: no known role, or a role that needs a school and has no well-formed one.
    """
    try:
        role = Role(str(claims.get("custom:role")))
        school = claims.get("custom:school_id")
        school_id = None if role is Role.PLATFORM_OPERATOR else check_school_id(school)
    except (ValueError, InvalidSchoolIdError) as error:
        raise InvalidTokenError("role or school") from error
    return Principal(str(claims["sub"]), role, school_id, str(claims.get("custom:person_id") or ""))


@cache
def verifier() -> TokenVerifier:
    """The process's verifier for the pool of the settings."""
    return TokenVerifier(
        keys=KeySet(settings.JWKS_URL), issuer=settings.JWT_ISSUER, client_id=settings.USER_POOL_CLIENT_ID
    )
