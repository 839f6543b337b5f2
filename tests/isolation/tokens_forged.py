"""Forged tokens: each is good but for one thing. The pool's own key, trusted by the verifier under attack, is ours."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.conf import settings
from jwt.algorithms import RSAAlgorithm

if TYPE_CHECKING:
    from collections.abc import Iterator

KID = "the-pools-key"
_HOUR_S = 3600
_FAR_S = 10**15


@dataclass(frozen=True)
class Keys:
    """The pool's key, and the attacker's own."""

    pool: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    attacker: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    def jwks(self) -> bytes:
        """What the pool publishes."""
        return json.dumps({"keys": [_public(self.pool, KID)]}).encode()

    def pool_pem(self) -> bytes:
        """The pool's public key as a file, which an attacker has too."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.pool.public_key().public_bytes(serialization.Encoding.PEM, form)


def good_claims(school_id: str, role: str, person_id: str) -> dict[str, Any]:
    """The claims of an ID token of Cognito's."""
    now = int(time.time())
    return {
        "iss": settings.JWT_ISSUER,
        "aud": settings.USER_POOL_CLIENT_ID,
        "token_use": "id",
        "sub": f"sub-{role}-{school_id}",
        "iat": now,
        "exp": now + _HOUR_S,
        "custom:role": role,
        "custom:school_id": school_id,
        "custom:person_id": person_id,
    }


def signed(keys: Keys, claims: dict[str, Any], **headers: Any) -> str:
    """A token as the pool would sign it, whatever its claims are."""
    return _made(claims, keys.pool, "RS256", {"kid": KID, **headers})


def forged(keys: Keys, good: dict[str, Any], trap_url: str) -> Iterator[tuple[str, str]]:
    """Every forgery by name."""
    yield from _wrong_algorithm(keys, good)
    yield from _wrong_key(keys, good, trap_url)
    for name, claims in _wrong_claims(good):
        yield f"claims: {name}", signed(keys, claims)
    yield from _malformed(keys, good)


def _wrong_algorithm(keys: Keys, good: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("none", "None", "NONE", "nOnE", ""):
        yield f"alg {name!r}, unsigned", f"{_part({'alg': name, 'kid': KID, 'typ': 'JWT'})}.{_part(good)}."
    yield "alg none, with the pool's signature", _with_header(signed(keys, good), {"alg": "none", "kid": KID})
    yield "alg HS256 over the pool's public key", _hs256(keys.pool_pem(), good)
    yield "alg HS256 over the published JWKS", _hs256(keys.jwks(), good)
    yield "alg HS256 over nothing", _hs256(b"", good)
    for name in ("RS384", "RS512", "PS256"):
        yield f"alg {name} by the pool's key", _made(good, keys.pool, name, {"kid": KID})
    curve = ec.generate_private_key(ec.SECP256R1())
    yield "alg ES256 by a key of one's own", _made(good, curve, "ES256", {"kid": KID})
    yield "header without alg", _with_header(signed(keys, good), {"kid": KID})
    yield "alg as a list", _with_header(signed(keys, good), {"alg": ["RS256"], "kid": KID})


def _wrong_key(keys: Keys, good: dict[str, Any], trap_url: str) -> Iterator[tuple[str, str]]:
    own = _public(keys.attacker, KID)
    leads = {"jku": trap_url, "x5u": trap_url, "jwk": own, "x5c": ["MIIB"], "x5t": "x"}
    yield "own key under the pool's kid", _by_attacker(keys, good)
    for name, value in leads.items():
        yield f"own key, header {name}", _by_attacker(keys, good, **{name: value})
        yield f"own key, header {name}, kid of one's own", _by_attacker(keys, good, kid="mine", **{name: value})
    for kid in ("", "unknown", "../../dev/null", "' OR 1=1 --", f"{trap_url}#", "a" * 500):
        yield f"own key, kid {kid[:12].split(':')[0]!r}", _by_attacker(keys, good, kid=kid)
    yield "kid as a number", _with_header(signed(keys, good), {"alg": "RS256", "kid": 1})
    yield "no kid", _with_header(signed(keys, good), {"alg": "RS256"})
    yield "signature cut off", signed(keys, good).rpartition(".")[0] + "."
    head, _body, signature = signed(keys, good).split(".")
    yield "another's claims under a good signature", f"{head}.{_part(good | {'custom:school_id': 'otra'})}.{signature}"


def _wrong_claims(good: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    now, issuer, audience = int(time.time()), good["iss"], good["aud"]
    for name in ("iss", "aud", "token_use", "sub", "iat", "exp", "custom:role", "custom:school_id"):
        yield f"no {name}", {key: value for key, value in good.items() if key != name}
    for value in ("https://evil.example", f"{issuer}x", f"{issuer}/", issuer.upper(), [issuer], None):
        yield f"iss {_named(value, issuer, 'ours')}", good | {"iss": value}
    for value in ("other-client", [audience], [audience, "other"], f"{audience} ", None, 1):
        yield f"aud {_named(value, audience, 'ours')}", good | {"aud": value}
    for value in ("access", "refresh", "ID", ["id"], None):
        yield f"token_use {value!r}", good | {"token_use": value}
    for name, exp in {"a minute ago": now - 60, "long ago": 1, "text": "soon", "none": None, "NaN": "NaN"}.items():
        yield f"exp {name}", good | {"exp": exp}
    yield "not yet valid", good | {"nbf": now + _HOUR_S}
    yield "issued in the future", good | {"iat": now + _HOUR_S}
    yield "nbf past all clocks", good | {"nbf": _FAR_S}
    for role in ("root", "TEACHER", "", None, ["teacher"], "teacher "):
        yield f"role {role!r}", good | {"custom:role": role}
    for school in (
        "",
        "*",
        "a?*",
        "escuela#x",
        "SCHOOL",
        "Ab",
        "-a",
        "a",
        "a" * 32,
        "\uff41\uff42",
        "a b",
        "ab\n",
        None,
        ["ab"],
        7,
    ):
        yield f"school {school!r}", good | {"custom:school_id": school}


def _malformed(keys: Keys, good: dict[str, Any]) -> Iterator[tuple[str, str]]:
    token = signed(keys, good)
    yield "one word", "x"
    yield "three dots", "..."
    yield "no payload", f"{token.partition('.')[0]}..{token.rpartition('.')[2]}"
    yield "a part too many", f"{token}.x"
    yield "twice", f"{token} {token}"
    yield "with a comma and another", f"{token},{token}"
    yield "longer than 8 KiB", signed(keys, good | {"x": "y" * 8192})
    yield "payload that is a list", _resigned(keys, b"[]")
    yield "payload that is no JSON", _resigned(keys, b"{")
    yield "critical extension", signed(keys, good, crit=["x"], x=1)
    yield "detached payload", signed(keys, good, b64=False, crit=["b64"])
    yield "header nested deep", f"{_encoded(b'[' * 5000)}.{_part(good)}.x"
    yield "letters beyond ASCII", "ñ.ñ.ñ"


def _named(value: object, ours: str, instead: str) -> str:
    return str(value).lower().replace(ours.lower(), instead)


def _public(key: rsa.RSAPrivateKey, kid: str) -> dict[str, Any]:
    found: dict[str, Any] = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return found | {"kid": kid, "alg": "RS256", "use": "sig"}


def _by_attacker(keys: Keys, good: dict[str, Any], **headers: Any) -> str:
    return _made(good, keys.attacker, "RS256", {"kid": KID, **headers})


def _made(claims: dict[str, Any], key: Any, algorithm: str, headers: dict[str, Any]) -> str:
    """Signed without a look at the claims, which a library would refuse to sign."""
    return jwt.api_jws.encode(json.dumps(claims).encode(), key, algorithm=algorithm, headers=headers)


def _hs256(secret: bytes, good: dict[str, Any]) -> str:
    """By hand: PyJWT does not sign with a public key, which an attacker's library does."""
    import hashlib  # noqa: PLC0415
    import hmac  # noqa: PLC0415

    content = f"{_part({'alg': 'HS256', 'kid': KID, 'typ': 'JWT'})}.{_part(good)}"
    return f"{content}.{_encoded(hmac.new(secret, content.encode(), hashlib.sha256).digest())}"


def _resigned(keys: Keys, payload: bytes) -> str:
    return jwt.api_jws.encode(payload, keys.pool, algorithm="RS256", headers={"kid": KID})


def _with_header(token: str, header: dict[str, Any]) -> str:
    return f"{_part(header)}.{token.partition('.')[2]}"


def _part(value: object) -> str:
    return _encoded(json.dumps(value).encode())


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
