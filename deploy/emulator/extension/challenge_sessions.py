"""Cognito's challenges answered only by who was asked: a session is one that was given, to this account, unspent.

Stock ministack takes any session for a new password or a second factor, and so gives tokens and a new password to
whoever names an account. Custom and SRP challenges it checks itself.
"""

# ruff: noqa: SLF001, ANN401 - ministack's own functions have private names; ministack's values have no types

import json
import time
from dataclasses import dataclass
from typing import Any

from deploy.emulator.extension import patching

LIFETIME_S = 180.0  # a client's AuthSessionValidity, where it sets none
_CHECKED_BY_MINISTACK = frozenset({"CUSTOM_CHALLENGE", "PASSWORD_VERIFIER"})
_NEW_PASSWORD = "NEW_PASSWORD_REQUIRED"  # noqa: S105 - a challenge's name


@dataclass(frozen=True)
class Asked:
    """A challenge that waits for its answer."""

    client_id: str
    username: str
    challenge: str
    until: float


class Sessions:
    """The challenges that wait, by session. Not kept over a restart: they live three minutes."""

    def __init__(self) -> None:
        self._asked: dict[str, Asked] = {}

    def given(self, session: str, asked: Asked) -> None:
        """Remember a challenge; forget those whose time is over."""
        now = time.monotonic()
        self._asked = {known: other for known, other in self._asked.items() if other.until > now}
        self._asked[session] = asked

    def fits(self, session: object, client_id: object, username: str, challenge: str) -> bool:
        """Whether this account was asked this, by this client, and may still answer."""
        asked = self._asked.get(session) if isinstance(session, str) else None
        return (
            asked is not None
            and asked.until > time.monotonic()
            and (asked.client_id, asked.username, asked.challenge) == (client_id, username, challenge)
        )

    def spent(self, session: str) -> None:
        """Answered: nobody answers it again."""
        self._asked.pop(session, None)


_sessions = Sessions()


def _refusal(code: str, message: str) -> Any:
    return patching.core("responses").error_response_json(code, message, 400)


def _remember(original: patching.AnyFunction) -> patching.AnyFunction:
    def password_auth_result(  # noqa: PLR0917 - ministack's signature
        pool: dict[str, Any],
        pid: str,
        cid: str,
        user: dict[str, Any],
        username: str,
        client_metadata: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
    ) -> Any:
        answer = original(pool, pid, cid, user, username, client_metadata, data)
        asked = json.loads(answer[2])
        if "Session" in asked:
            until = time.monotonic() + LIFETIME_S
            _sessions.given(asked["Session"], Asked(cid, user["Username"], asked["ChallengeName"], until))
        return answer

    return password_auth_result


def _checked(original: patching.AnyFunction) -> patching.AnyFunction:
    def respond_to_auth_challenge(data: dict[str, Any]) -> Any:
        challenge = data.get("ChallengeName", "")
        if challenge in _CHECKED_BY_MINISTACK:
            return original(data)
        cognito = patching.service("cognito")
        responses = data.get("ChallengeResponses") or {}
        pool, _pool_id = cognito._pool_for_client(data.get("ClientId"))
        user = cognito._resolve_user(pool, responses.get("USERNAME"))[0] if pool else None
        session = data.get("Session")
        if not user or not _sessions.fits(session, data.get("ClientId"), user["Username"], challenge):
            return _refusal("NotAuthorizedException", "Invalid session for the user.")
        if challenge == _NEW_PASSWORD:
            refused = cognito._validate_password(pool, responses.get("NEW_PASSWORD") or "")
            if refused:
                return refused
        answer = original(data)
        if answer[0] == 200:  # noqa: PLR2004 - HTTP's OK
            _sessions.spent(str(session))
        return answer

    return respond_to_auth_challenge


def install() -> None:
    """Guard both ways of answering a challenge."""
    cognito = patching.service("cognito")
    patching.require(cognito, "_pool_for_client", "cid")
    patching.require(cognito, "_resolve_user", "pool username")
    patching.require(cognito, "_validate_password", "pool password")
    parameters = "pool pid cid user username client_metadata data"
    patching.replace(cognito, "_password_auth_result", parameters, _remember)
    patching.replace(cognito, "_respond_to_auth_challenge", "data", _checked)
    patching.replace(cognito, "_admin_respond_to_auth_challenge", "data", _checked)
