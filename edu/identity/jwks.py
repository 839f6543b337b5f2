"""The pool's public keys, fetched seldom: a flood of tokens with made-up key ids must not become a flood of fetches."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import httpx
import jwt

from edu.errors import UnavailableError
from edu.logs import get_logger

if TYPE_CHECKING:
    from jwt.algorithms import AllowedPublicKeys

FETCH_AT_MOST_EVERY_S = 30
FIRST_FETCH_PAUSE_S = 1  # while no key is known at all, nobody can sign in: ask again sooner
FORGET_AFTER_S = 3600
_FETCH_TIMEOUT_S = 3
_log = get_logger(__name__)


class UnknownKeyError(Exception):
    """No key of the pool has this id."""


class KeysUnavailableError(UnavailableError):
    """The pool's keys could not be fetched yet, not even once."""

    code = "keys_unavailable"


class KeySet:
    """One pool's keys by id.

    An unknown id causes a fetch, at most once in 30 s, so a rotated key is found; keys an hour old are fetched again,
    so a withdrawn key is forgotten. While a fetch fails, the keys there are serve on.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._keys: dict[str, AllowedPublicKeys] = {}
        self._next_fetch = 0.0
        self._stale_at = 0.0
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
        keys = self._keys
        if kid not in keys or time.monotonic() > self._stale_at:
            keys = self._fetch_seldom(wait=kid not in keys)
        if not keys:
            raise KeysUnavailableError("JWKS")
        if kid not in keys:
            raise UnknownKeyError
        return keys[kid]

    def at_hand(self, kid: object) -> AllowedPublicKeys:
        """As ``key``, without ever waiting.

        Raises:
            UnknownKeyError: the pool has none.
            KeysUnavailableError: the pool would have to be asked first.
        """
        if not isinstance(kid, str):
            raise UnknownKeyError
        now_s, keys = time.monotonic(), self._keys
        if kid in keys and now_s <= self._stale_at:
            return keys[kid]
        if keys and now_s < min(self._next_fetch, self._stale_at):
            raise UnknownKeyError
        raise KeysUnavailableError("JWKS")

    def _fetch_seldom(self, *, wait: bool) -> dict[str, AllowedPublicKeys]:
        """The keys, fetched if it is time; without ``wait`` those there are when somebody else is fetching."""
        if not self._lock.acquire(blocking=wait):
            return self._keys
        try:
            if time.monotonic() >= self._next_fetch:
                self._replace()
                self._next_fetch = time.monotonic() + (FETCH_AT_MOST_EVERY_S if self._keys else FIRST_FETCH_PAUSE_S)
            return self._keys
        finally:
            self._lock.release()

    def _replace(self) -> None:
        self.fetches += 1
        try:
            self._keys = self._fetch()
            self._stale_at = time.monotonic() + FORGET_AFTER_S
        except (httpx.HTTPError, ValueError, TypeError, AttributeError, jwt.PyJWTError) as error:
            _log.warning("JWKS fetch failed", error=type(error).__name__, known=len(self._keys))

    def _fetch(self) -> dict[str, AllowedPublicKeys]:
        answer = httpx.get(self._url, timeout=_FETCH_TIMEOUT_S, follow_redirects=False).raise_for_status()
        found = jwt.PyJWKSet.from_dict(answer.json()).keys
        return {key.key_id: key.key for key in found if key.key_id and key.algorithm_name == "RS256"}
