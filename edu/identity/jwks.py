"""The pool's public keys, fetched seldom: a flood of tokens with made-up key ids must not become a flood of fetches."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import httpx
import jwt

from edu.errors import UnavailableError

if TYPE_CHECKING:
    from jwt.algorithms import AllowedPublicKeys

FETCH_AT_MOST_EVERY_S = 30
_FETCH_TIMEOUT_S = 3


class UnknownKeyError(Exception):
    """No key of the pool has this id."""


class KeysUnavailableError(UnavailableError):
    """The pool's keys could not be fetched yet, not even once."""

    code = "keys_unavailable"


class KeySet:
    """One pool's keys by id. An unknown id causes a fetch, at most once in 30 s, so a rotated key is found."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._keys: dict[str, AllowedPublicKeys] = {}
        self._next_fetch = 0.0
        self._lock = threading.Lock()
        self.fetches = 0

    def key(self, kid: object) -> AllowedPublicKeys:
        """The key with this id.

        Raises:
            UnknownKeyError: the pool has none.
            KeysUnavailableError: no key is known and they cannot be fetched.
        """
        if not isinstance(kid, str):
            raise UnknownKeyError
        if kid not in self._keys:
            self._fetch_seldom()
        if kid not in self._keys:
            raise UnknownKeyError
        return self._keys[kid]

    def _fetch_seldom(self) -> None:
        with self._lock:
            if time.monotonic() < self._next_fetch:
                return
            self._next_fetch = time.monotonic() + FETCH_AT_MOST_EVERY_S
            self.fetches += 1
            try:
                answer = httpx.get(self._url, timeout=_FETCH_TIMEOUT_S, follow_redirects=False).raise_for_status()
                found = jwt.PyJWKSet.from_dict(answer.json()).keys
            except (httpx.HTTPError, ValueError, jwt.PyJWKSetError) as error:
                if self._keys:
                    return
                self._next_fetch = 0.0
                raise KeysUnavailableError("JWKS") from error
            self._keys = {key.key_id: key.key for key in found if key.key_id and key.algorithm_name == "RS256"}
