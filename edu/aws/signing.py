"""Signature version 4 of a JSON service's calls, in a third of the time (ADR 0012).

A call of DynamoDB or SQS is a POST to ``/`` without a query. botocore signs any request: it takes such a one's headers
apart four times and derives its key anew from the secret, which is the same for a day. What is signed is the same, and
the tests compare the two. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from botocore import auth

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.awsrequest import AWSRequest
    from botocore.credentials import ReadOnlyCredentials

JSON_CALLS: Final = "libreta-json-v4"  # the name of this way among botocore's signature versions
_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_KEYS_KEPT: Final = 1024
_UNSIGNED: Final = frozenset(auth.SIGNED_HEADERS_BLACKLIST)


class JsonCallAuth(auth.SigV4Auth):
    """Signs one call; any other request is signed as botocore does."""

    def canonical_request(self, request: AWSRequest) -> str:
        """What is signed of the request (the specification's canonical request)."""
        host, is_bare = _place(request.url)
        fields = {name.lower(): " ".join(value.split()) for name, value in request.headers.raw_items()}
        body = request.data  # as it is; ``request.body`` would prepare the whole request first
        is_call = is_bare and request.method == "POST" and not request.params and len(fields) == len(request.headers)
        if not is_call or not isinstance(body, bytes):
            self._signed: str = self.signed_headers(self.headers_to_sign(request))
            canonical: str = super().canonical_request(request)
            return canonical
        fields.setdefault("host", host)
        signed = {name: fields[name] for name in sorted(fields.keys() - _UNSIGNED)}
        self._signed = ";".join(signed)
        return _canonical(signed, body)

    def signature(self, string_to_sign: str, request: AWSRequest) -> str:
        """The signature, in hexadecimal digits."""
        day: str = request.context["timestamp"][:8]
        where: tuple[str, str] = self._region_name, self._service_name  # type: ignore[attr-defined]
        return _signature(_signing_key(self.credentials.secret_key, day, *where), string_to_sign)

    def _inject_signature_to_request(self, request: AWSRequest, signature: str) -> AWSRequest:
        request.headers["Authorization"] = _authorization(self.scope(request), self._signed, signature)
        return request


def signed_fields(
    fields: Mapping[str, str], body: bytes, keys: ReadOnlyCredentials, *, region: str, service: str
) -> dict[str, str]:
    """A call's header fields, with the three that sign it: for who sends one without botocore.

    ``fields`` have small letters and no spaces to spare, ``host`` among them; all of them are signed.
    """
    at = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    session = {"x-amz-security-token": keys.token} if keys.token else {}
    signed = dict(sorted({**fields, "x-amz-date": at, **session}.items()))
    names, day = ";".join(signed), at[:8]
    scope = f"{day}/{region}/{service}/aws4_request"
    digest = hashlib.sha256(_canonical(signed, body).encode()).hexdigest()
    key = _signing_key(keys.secret_key, day, region, service)
    signature = _signature(key, f"{_ALGORITHM}\n{at}\n{scope}\n{digest}")
    return signed | {"authorization": _authorization(f"{keys.access_key}/{scope}", names, signature)}


def _canonical(signed: Mapping[str, str], body: bytes) -> str:
    """What is signed of a call whose signed fields are these, in their order."""
    head = "".join(f"{name}:{value}\n" for name, value in signed.items())
    return f"POST\n/\n\n{head}\n{';'.join(signed)}\n{hashlib.sha256(body).hexdigest()}"


def _signature(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _authorization(scope: str, names: str, signature: str) -> str:
    return f"{_ALGORITHM} Credential={scope}, SignedHeaders={names}, Signature={signature}"


@lru_cache(maxsize=64)
def _place(url: str) -> tuple[str, bool]:
    """The host as it is signed, and whether the address is nothing but its root."""
    parts = urlsplit(url)
    host: str = auth._host_from_url(url)  # type: ignore[attr-defined]  # noqa: SLF001 - as botocore names it
    return host, parts.path in {"", "/"} and not parts.query


@lru_cache(maxsize=_KEYS_KEPT)
def _signing_key(secret: str, day: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


auth.AUTH_TYPE_MAPS[JSON_CALLS] = JsonCallAuth
