"""The console's sessions, in the table: ``PLATFORM#SESSION#<sha256 of the cookie>``.

Whoever reads the table can neither take a session over nor read it: its key is a digest of the cookie, and its content
(a refresh token is in there) is encrypted under a key made from the cookie itself. TTL removes what has expired; until
it does, ``expires_at`` decides.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError

from edu import clock
from edu.dynamo import table
from edu.dynamo.keys import Key, platform_partition
from edu.dynamo.transactions import NOT_THERE, Condition, Transaction
from edu.logs import get_logger
from edu.tenancy import enter_console

if TYPE_CHECKING:
    from edu.dynamo.mapping import Attributes

ENTITY = "console_session"
_log = get_logger(__name__)


class SessionStore(SessionBase):
    """One session, one item. Enters the console's scope by itself, inside whatever scope is in force."""

    def load(self) -> dict[str, Any]:
        """The session's content; empty, with the key dropped, when there is none or it has expired."""
        item = _live_item(self.session_key) if self.session_key else None
        if item is None:
            self._session_key = None
            return {}
        return self.decode(item["data"])

    def exists(self, session_key: str) -> bool:
        """Whether a live session has this key."""
        return _live_item(session_key) is not None

    def create(self) -> None:
        """Store the session under a fresh key."""
        while True:
            self._session_key = self._get_new_session_key()  # type: ignore[attr-defined] # the stubs lack it
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002 - Django's signature
        """Store the session.

        Raises:
            CreateError: with ``must_create``, the key is taken.
            UpdateError: the session was ended meanwhile (signed out elsewhere, or expired); it stays ended.
        """
        if self.session_key is None:
            self.create()
            return
        content = self._get_session(no_load=must_create)  # type: ignore[attr-defined] # the stubs lack it
        now = clock.epoch_s()
        item = {
            **session_key_of(self.session_key).as_attributes(),
            "entity": ENTITY,
            "data": self.encode(content),
            "expires_at": now + self.get_expiry_age(),
        }
        condition = NOT_THERE if must_create else Condition("expires_at > :now", {":now": now})
        transaction = Transaction()
        transaction.put(item, condition, otherwise=CreateError if must_create else UpdateError)
        with enter_console():
            transaction.commit()

    def delete(self, session_key: str | None = None) -> None:
        """End the session. Idempotent."""
        ended = session_key or self.session_key
        if ended is None:
            return
        transaction = Transaction()
        transaction.delete(session_key_of(ended))
        with enter_console():
            transaction.commit()

    def encode(self, session_dict: dict[str, Any]) -> str:
        """The content, encrypted under the cookie."""
        return self._cipher().encrypt(self.serializer().dumps(session_dict)).decode()

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """The content; empty when it was not encrypted under this cookie and this installation's secret."""
        try:
            content: dict[str, Any] = self.serializer().loads(self._cipher().decrypt(session_data))
        except InvalidToken:
            _log.warning("session content refused")
            return {}
        return content

    @classmethod
    def clear_expired(cls) -> None:
        """Nothing to do: the table's TTL removes expired sessions."""

    def _cipher(self) -> Fernet:
        secret = f"libreta session\0{settings.SECRET_KEY}\0{self.session_key}"
        return Fernet(base64.urlsafe_b64encode(hashlib.sha256(secret.encode()).digest()))


def session_key_of(cookie: str) -> Key:
    """Where the session of this cookie stands."""
    return Key(platform_partition("SESSION", hashlib.sha256(cookie.encode()).hexdigest()), "STATE")


def _live_item(cookie: str) -> Attributes | None:
    with enter_console():
        item = table.get_item(session_key_of(cookie))
    return item if item is not None and item["expires_at"] > clock.epoch_s() else None
