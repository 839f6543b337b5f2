"""The key the government gave us: of a setting, or of a secret that is rotated without a restart."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, Protocol

from edu import clock
from edu.aws.secrets import SecretUnavailableError, read_secret
from edu.configuration import rules
from edu.logs import get_logger
from govsync.client.failures import NotSentError

if TYPE_CHECKING:
    from collections.abc import Callable

KEPT_S: Final = 60.0
_log = get_logger(__name__)


class Key(Protocol):
    """Where the key comes from."""

    def current(self) -> str:
        """The key to send.

        Raises:
            NotSentError: there is none.
        """

    def refuse(self, key: str) -> None:
        """The government does not take this key: if there may be a newer one, it is read before the next request."""


class FixedKey:
    """A key of the settings, the same for the process's life."""

    def __init__(self, key: str) -> None:
        self._key = key

    def current(self) -> str:
        """The key; raises like that of ``Key``."""
        return _checked(self._key)

    def refuse(self, key: str) -> None:
        """There is no other."""


class SecretKey:
    """A key in Secrets Manager, read again after a minute, and at once when it was refused. Thread-safe.

    While the secret cannot be read, a key that was not refused serves on.
    """

    def __init__(self, secret_id: str, read: Callable[[str], str] = read_secret) -> None:
        self._secret_id, self._read = secret_id, read
        self._lock = threading.Lock()
        self._key = ""
        self._read_again_at = 0.0

    def current(self) -> str:
        """The key to send.

        Raises:
            NotSentError: it cannot be read, or is none.
        """
        with self._lock:
            if not self._key or clock.elapsed_s() >= self._read_again_at:
                self._renew()
            return self._key

    def refuse(self, key: str) -> None:
        """Read the secret again before the next request, unless that happened meanwhile."""
        with self._lock:
            if key == self._key:
                self._key = ""

    def _renew(self) -> None:
        try:
            found = self._read(self._secret_id)
        except SecretUnavailableError as error:
            if not self._key:
                raise NotSentError("key_unavailable") from error
            _log.warning("the government's key cannot be read again", error=error.code)
            found = self._key
        self._key, self._read_again_at = _checked(found), clock.elapsed_s() + KEPT_S


def _checked(key: str) -> str:
    if not key or rules.unspaced(key):
        raise NotSentError("key_malformed")
    return key
