"""Challenges of Cognito answered by somebody who was not asked, and its calls from a page of another site.

They are the emulator's to refuse, as AWS does: Cognito's public calls carry no signature, so anybody may make them.
"""

from __future__ import annotations

import json
import secrets
import uuid
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.isolation.sections import Cell, Section

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.support.cloud import Cloud

_REFUSED = "400 NotAuthorizedException"
_EVIL = "https://evil.example"
_PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-amz-target"}


@dataclass(frozen=True)
class Victim:
    """An account and its password."""

    name: str
    password: str


class Pool:
    """The public side of the pool, asked without an SDK."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._address = urlsplit(cloud.emulator.endpoint_url)
        self.client_id = cloud.outputs["UserPoolClientId"]

    def make(self, *, permanent: bool) -> Victim:
        """An account, with a password for good or one to be changed at the first sign-in."""
        victim = Victim(f"victima.{uuid.uuid4().hex[:8]}", _password())
        idp, whom = self._cloud.root("cognito-idp"), {"UserPoolId": self._cloud.outputs["UserPoolId"]}
        idp.admin_create_user(**whom, Username=victim.name, MessageAction="SUPPRESS")
        idp.admin_set_user_password(**whom, Username=victim.name, Password=victim.password, Permanent=permanent)
        return victim

    def ask(self, operation: str, body: Mapping[str, Any], **headers: str) -> tuple[str, dict[str, Any], str]:
        """The status with the error's name, the answer, and whom its CORS header lets read it."""
        target = f"AWSCognitoIdentityProviderService.{operation}"
        named = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"} | headers
        return self.send("POST", json.dumps(body), named)

    def send(self, method: str, body: str, headers: Mapping[str, str]) -> tuple[str, dict[str, Any], str]:
        """One request as a browser would send it."""
        connection = HTTPConnection(str(self._address.hostname), self._address.port, timeout=10)
        try:
            connection.request(method, "/", body, dict(headers))
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        told: dict[str, Any] = json.loads(content) if content else {}
        code = str(told.get("__type", "")).rpartition("#")[2]
        readers = answer.headers.get("Access-Control-Allow-Origin", "nobody")
        return f"{answer.status} {code}".strip(), told, readers

    def sign_in(self, victim: Victim, password: str = "", **headers: str) -> tuple[str, dict[str, Any], str]:
        """Name and password."""
        given = {"USERNAME": victim.name, "PASSWORD": password or victim.password}
        body = {"ClientId": self.client_id, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": given}
        return self.ask("InitiateAuth", body, **headers)

    def answer(self, victim: Victim, challenge: str, session: object, **given: str) -> tuple[str, dict[str, Any], str]:
        """An answer to a challenge in the victim's name."""
        responses = {"USERNAME": victim.name} | given
        body = {"ClientId": self.client_id, "ChallengeName": challenge, "ChallengeResponses": responses}
        return self.ask("RespondToAuthChallenge", body if session is None else body | {"Session": session})


def attack(cloud: Cloud) -> Iterator[Cell]:
    """All of them; what remains of each victim; and the way that has to stay open."""
    pool = Pool(cloud)
    yield from _made_up(pool)
    yield from _given_to_another(pool)
    yield from _from_elsewhere(pool)


def run(cloud: Cloud) -> Section:
    """These attacks alone, for a hole."""
    return Section(name="tokens", title="Challenges of Cognito", cells=tuple(attack(cloud)))


def _cell(row: str, column: str, expected: str, observed: str) -> Cell:
    return Cell(row, column, "the account it names", expected, observed)


def _made_up(pool: Pool) -> Iterator[Cell]:
    victim, chosen = pool.make(permanent=True), _password()
    sessions = {"made up": "A" * 43 + "=", "none": None, "empty": "", "a number": 7}
    for name, session in sessions.items():
        for challenge in ("NEW_PASSWORD_REQUIRED", "SOFTWARE_TOKEN_MFA", "MFA_SETUP", "SMS_MFA"):
            given = {"NEW_PASSWORD": chosen, "SOFTWARE_TOKEN_MFA_CODE": "000000", "SMS_MFA_CODE": "000000"}
            status, told, _readers = pool.answer(victim, challenge, session, **given)
            observed = "TOKENS" if "AuthenticationResult" in told else status
            yield _cell("challenge answered unasked", f"{challenge}, session {name}", _REFUSED, observed)
    kept = "AuthenticationResult" in pool.sign_in(victim)[1]
    taken = "AuthenticationResult" in pool.sign_in(victim, chosen)[1]
    observed = "the old one alone" if kept and not taken else f"old {kept}, new {taken}"
    yield _cell("challenge answered unasked", "whose password holds", "the old one alone", observed)


def _given_to_another(pool: Pool) -> Iterator[Cell]:
    """A session that was given, to somebody else or before; and the answer of who was asked."""
    attacker, victim = pool.make(permanent=False), pool.make(permanent=False)
    row, challenge = "challenge of another", "NEW_PASSWORD_REQUIRED"
    session = pool.sign_in(attacker)[1]["Session"]
    yield _cell(
        row,
        "in the victim's name",
        _REFUSED,
        _ending(pool.answer(victim, challenge, session, NEW_PASSWORD=_password())),
    )
    yield _cell(row, "as another challenge", _REFUSED, _ending(pool.answer(attacker, "MFA_SETUP", session)))
    weak = _ending(pool.answer(attacker, challenge, session, NEW_PASSWORD="corta"))
    yield _cell(row, "own, with a weak password", "400 InvalidPasswordException", weak)
    good = pool.answer(attacker, challenge, session, NEW_PASSWORD=_password())
    yield _cell(row, "own, as asked", "TOKENS", _ending(good))
    again = pool.answer(attacker, challenge, session, NEW_PASSWORD=_password())
    yield _cell(row, "own, a second time", _REFUSED, _ending(again))


def _ending(answer: tuple[str, dict[str, Any], str]) -> str:
    return "TOKENS" if "AuthenticationResult" in answer[1] else answer[0]


def _from_elsewhere(pool: Pool) -> Iterator[Cell]:
    victim, row = pool.make(permanent=True), "call from a page"
    origins = {"of another site": _EVIL, "of no site (null)": "null", "of another port": "http://127.0.0.1:1"}
    for name, origin in origins.items():
        status, told, readers = pool.sign_in(victim, Origin=origin)
        observed = f"{status}, {readers} may read" if "AuthenticationResult" not in told else "TOKENS"
        yield _cell(row, name, "403, nobody may read", observed)
        status, _told, readers = pool.send("OPTIONS", "", _PREFLIGHT | {"Origin": origin})
        yield _cell(row, f"{name}: preflight", "403, nobody may read", f"{status}, {readers} may read")
    fetched = pool.sign_in(victim, **{"Sec-Fetch-Site": "cross-site"})
    yield _cell(row, "that says where it is fetched from", "403", _ending(fetched))
    yield _cell(row, "of nobody's (an SDK)", "TOKENS", _ending(pool.sign_in(victim)))


def _password() -> str:
    return f"Aa1-{secrets.token_urlsafe(18)}"
