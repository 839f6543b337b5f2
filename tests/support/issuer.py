"""A token issuer of the test's own: RSA keys, a JWKS on a real loopback server, and tokens good or bad."""

from __future__ import annotations

import json
import threading
import time
import uuid
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

if TYPE_CHECKING:
    from collections.abc import Iterator

ISSUER, CLIENT_ID = "https://issuer.test/pool", "client-of-libreta"


class Issuer:
    """Signs like Cognito. ``status`` and ``body`` let its JWKS fail; ``requests`` counts who asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.keys: dict[str, rsa.RSAPrivateKey] = {}
        self.requests: list[str] = []
        self.status, self.body = 200, b""
        self.current = self.rotate()

    def rotate(self) -> str:
        """Add a key and sign with it from now on."""
        kid = uuid.uuid4().hex
        self.keys[kid] = _key(len(self.keys))
        self.current = kid
        return kid

    def jwks(self) -> bytes:
        """The public keys as they stand."""
        keys = [
            {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "alg": "RS256", "use": "sig"}
            for kid, key in self.keys.items()
        ]
        return self.body or json.dumps({"keys": keys}).encode()

    def public_pem(self) -> bytes:
        """The current public key, as an attacker can get it."""
        return (
            self.keys[self.current]
            .public_key()
            .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        )

    def token(self, *, without: str = "", **claims: Any) -> str:
        """A token, valid unless its claims say otherwise. Signed as it is: no library looks at the claims first."""
        payload = {name: value for name, value in {**good_claims(), **claims}.items() if name != without}
        encoded = json.dumps(payload).encode()
        return jwt.api_jws.encode(encoded, self.keys[self.current], "RS256", {"kid": self.current})


@cache
def _key(number: int) -> rsa.RSAPrivateKey:
    """The so-manieth key of every issuer: made once, since that takes a good part of a second."""
    del number
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def good_claims() -> dict[str, Any]:
    """The claims of a teacher's ID token."""
    now = int(time.time())
    return {
        "iss": ISSUER,
        "aud": CLIENT_ID,
        "sub": "11111111-2222-4333-8444-555555555555",
        "token_use": "id",
        "iat": now,
        "exp": now + 3600,
        "custom:role": "teacher",
        "custom:school_id": "norte",
        "custom:person_id": "teacher-1",
    }


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    """An issuer whose JWKS is served on a free loopback port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.requests.append(self.path)
            self.send_response(issuer.status)
            self.end_headers()
            self.wfile.write(issuer.jwks())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer = Issuer(f"http://127.0.0.1:{server.server_port}/jwks.json")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
