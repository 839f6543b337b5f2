"""Only a valid ID token of our pool, for our client, with a role and a school, names a caller."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jwt.algorithms import RSAAlgorithm

from edu.identity import tokens
from edu.identity.jwks import KeysUnavailableError
from edu.identity.principal import Principal, Role
from edu.identity.tokens import CACHE_S, InvalidTokenError, TokenVerifier
from tests.support.issuer import CLIENT_ID, ISSUER, Issuer, good_claims

if TYPE_CHECKING:
    from collections.abc import Callable

STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def _b64(part: object) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _hs256_with_the_public_key(issuer: Issuer) -> str:
    """The classic confusion: the public key, known to all, used as an HMAC secret."""
    signed = f"{_b64({'alg': 'HS256', 'typ': 'JWT', 'kid': issuer.current})}.{_b64(good_claims())}"
    digest = hmac.new(issuer.public_pem(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_b64(digest)}"


def _from_elsewhere(issuer: Issuer, name: str, value: object) -> str:
    """A stranger's signature with a header that says where to find the stranger's key."""
    return jwt.encode(good_claims(), STRANGER, "RS256", {"kid": issuer.current, name: value})


FORGERIES: dict[str, Callable[[Issuer], str]] = {
    "alg none": lambda i: f"{_b64({'alg': 'none', 'kid': i.current})}.{_b64(good_claims())}.",
    "alg NONE with signature": lambda i: f"{_b64({'alg': 'NONE', 'kid': i.current})}.{_b64(good_claims())}.AAAA",
    "no alg": lambda i: f"{_b64({'kid': i.current})}.{_b64(good_claims())}.AAAA",
    "alg list": lambda i: f"{_b64({'alg': ['RS256'], 'kid': i.current})}.{_b64(good_claims())}.AAAA",
    "HS256 with the public key": _hs256_with_the_public_key,
    "RS512": lambda i: jwt.encode(good_claims(), i.keys[i.current], "RS512", {"kid": i.current}),
    "ES256": lambda i: jwt.encode(good_claims(), ec.generate_private_key(ec.SECP256R1()), "ES256", {"kid": i.current}),
    "a stranger's key": lambda i: jwt.encode(good_claims(), STRANGER, "RS256", {"kid": i.current}),
    "a stranger's kid": lambda _: jwt.encode(good_claims(), STRANGER, "RS256", {"kid": "stranger"}),
    "no kid": lambda i: jwt.encode(good_claims(), i.keys[i.current], "RS256"),
    "jwk": lambda i: _from_elsewhere(i, "jwk", RSAAlgorithm.to_jwk(STRANGER.public_key(), as_dict=True)),
    "jku": lambda i: _from_elsewhere(i, "jku", "http://127.0.0.1:9/stranger.json"),
    "x5u": lambda i: _from_elsewhere(i, "x5u", "http://127.0.0.1:9/stranger.pem"),
    "payload changed": lambda i: ".".join(
        [*i.token().split(".")[:1], _b64(good_claims() | {"custom:role": "school_admin"}), i.token().split(".")[2]]
    ),
    "signature cut": lambda i: i.token()[:-8],
    "signature gone": lambda i: i.token().rpartition(".")[0] + ".",
    "header no object": lambda _: f"{_b64(['RS256'])}.{_b64({})}.AAAA",
    "header bad bytes": lambda _: f"{_b64(bytes([255, 254]))}.{_b64({})}.AAAA",
    "header deep": lambda _: f"{_b64(b'[' * 5000)}.{_b64({})}.AAAA",
    "kid half a surrogate pair": lambda _: f"{_b64({'alg': 'RS256', 'kid': chr(0xD800)})}.{_b64({})}.AAAA",
    "kid a list": lambda _: f"{_b64({'alg': 'RS256', 'kid': ['x']})}.{_b64({})}.AAAA",
    "oversized": lambda i: i.token(padding="x" * 9000),
    "half a surrogate pair": lambda _: "\ud800.\ud800.\ud800",
    "latin": lambda _: "\xff\xfe.\xff.\xff",
    "no text": lambda _: "",
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forged_token_refused_twice(issuer: Issuer, verifier: TokenVerifier, name: str) -> None:
    token = FORGERIES[name](issuer)
    for _ in range(2):
        with pytest.raises(InvalidTokenError) as raised:
            verifier.principal(token)
        assert raised.value.status == 401
    assert all(path == "/jwks.json" for path in issuer.requests)


BAD_CLAIMS: list[dict[str, Any]] = [
    *({"iss": "https://issuer.test/other"}, {"iss": ISSUER + "/"}, {"iss": [ISSUER]}, {"iss": None}),
    *({"aud": "another-client"}, {"aud": [CLIENT_ID]}, {"aud": [CLIENT_ID, "another"]}, {"aud": None}, {"aud": ""}),
    *({"token_use": "access"}, {"token_use": "ID"}, {"token_use": ["id"]}, {"token_use": None}),
    *({"exp": int(time.time()) - 60}, {"exp": "soon"}, {"exp": None}, {"exp": 1e999}, {"exp": float("nan")}),
    *({"nbf": int(time.time()) + 3600}, {"nbf": "x"}),
    *({"iat": int(time.time()) + 3600}, {"iat": "x"}, {"sub": 7}, {"sub": None}),
    *({"custom:role": "root"}, {"custom:role": "Teacher"}, {"custom:role": ["teacher"]}, {"custom:role": None}),
    *({"custom:role": " teacher"}, {"custom:role": {"teacher": 1}}),
    *({"custom:school_id": "*"}, {"custom:school_id": "norte#x"}, {"custom:school_id": "NORTE"}),
    *({"custom:school_id": ["norte"]}, {"custom:school_id": None}, {"custom:school_id": ""}),
    *({"custom:school_id": "norte\n"}, {"custom:school_id": "\ud800"}),
]


def _named(claims: dict[str, Any]) -> str:
    """The claims without their instants, which differ between two test processes."""
    return re.sub(r"\d{10}", "instant", ascii(claims))


@pytest.mark.parametrize("claims", BAD_CLAIMS, ids=_named)
def test_token_with_a_bad_claim_refused(issuer: Issuer, verifier: TokenVerifier, claims: dict[str, Any]) -> None:
    with pytest.raises(InvalidTokenError):
        verifier.principal(issuer.token(**claims))


@pytest.mark.parametrize("name", ["iss", "aud", "sub", "token_use", "iat", "exp", "custom:role", "custom:school_id"])
def test_token_without_a_claim_refused(issuer: Issuer, verifier: TokenVerifier, name: str) -> None:
    with pytest.raises(InvalidTokenError):
        verifier.principal(issuer.token(without=name))


def test_good_token_names_its_caller(issuer: Issuer, verifier: TokenVerifier) -> None:
    found = verifier.principal(issuer.token())
    assert found == Principal(good_claims()["sub"], Role.TEACHER, "norte", "teacher-1")


def test_platform_operator_has_no_school_whatever_the_token_says(issuer: Issuer, verifier: TokenVerifier) -> None:
    found = verifier.principal(issuer.token(**{"custom:role": "platform_operator", "custom:school_id": "norte"}))
    assert (found.role, found.school_id) == (Role.PLATFORM_OPERATOR, None)


def test_token_is_verified_again_after_a_minute(
    issuer: Issuer, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[str] = []
    real = jwt.decode

    def decode(token: str, *args: Any, **options: Any) -> Any:
        decoded.append(token)
        return real(token, *args, **options)

    monkeypatch.setattr("edu.identity.tokens.jwt.decode", decode)
    with time_machine.travel(NOW, tick=False) as clock:
        token = issuer.token()
        for shift_s, verifications in ((0, 1), (CACHE_S - 1, 1), (2, 2)):
            clock.shift(shift_s)
            verifier.principal(token)
            assert len(decoded) == verifications


def test_cached_token_ends_with_its_expiry(issuer: Issuer, verifier: TokenVerifier) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        token = issuer.token(exp=int(time.time()) + 20)
        verifier.principal(token)
        clock.shift(19)
        verifier.principal(token)
        clock.shift(7)  # past the leeway of 5 s
        with pytest.raises(InvalidTokenError):
            verifier.principal(token)


def test_token_is_remembered_from_its_verification_for_a_minute_or_until_it_expires(
    issuer: Issuer, verifier: TokenVerifier
) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        long, short = issuer.token(), issuer.token(exp=int(time.time()) + 20)
        assert verifier.remembered(long) is None
        proven = verifier.principal(long), verifier.principal(short)
        assert (verifier.remembered(long), verifier.remembered(short)) == proven
        clock.shift(21)
        assert (verifier.remembered(long), verifier.remembered(short)) == (proven[0], None)
        clock.shift(CACHE_S - 21)
        assert verifier.remembered(long) is None
    assert len(issuer.requests) == 1


@pytest.mark.parametrize("name", FORGERIES)
def test_forged_token_is_never_remembered(issuer: Issuer, verifier: TokenVerifier, name: str) -> None:
    verifier.principal(issuer.token())
    token = FORGERIES[name](issuer)
    with pytest.raises(InvalidTokenError):
        verifier.principal(token)
    assert verifier.remembered(token) is None


def test_cache_stays_bounded(issuer: Issuer, verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "_CACHE_TOKENS", 5)
    for number in range(20):
        verifier.principal(issuer.token(sub=str(number)))
    assert len(verifier._verified) == 5


def test_many_threads_never_mix_up_callers(issuer: Issuer, verifier: TokenVerifier) -> None:
    given_tokens = {issuer.token(sub=f"person-{n}", **{"custom:school_id": f"school-{n}"}): n for n in range(20)}

    def ask(token: str) -> bool:
        found = verifier.principal(token)
        return (found.subject, found.school_id) == (f"person-{given_tokens[token]}", f"school-{given_tokens[token]}")

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(ask, list(given_tokens) * 20))
    assert len(issuer.requests) == 1


def test_pool_that_cannot_be_reached_is_unavailable_not_unauthorized(issuer: Issuer, verifier: TokenVerifier) -> None:
    issuer.status = 500
    with pytest.raises(KeysUnavailableError):
        verifier.principal(issuer.token())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=300) | st.text("abc.-_", max_size=60))
def test_any_text_is_an_invalid_token(verifier: TokenVerifier, token: str) -> None:
    with pytest.raises(InvalidTokenError):
        verifier.principal(token)
