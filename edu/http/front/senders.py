"""Who has how many requests open. On the event loop alone, so nothing is locked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from django.conf import settings

from edu.http.addresses import client_address_of, network_of
from edu.http.errors import TooManyOpenRequestsError
from edu.identity.tokens import bearer_token_of

if TYPE_CHECKING:
    from edu.http.front.heads import Head
    from edu.http.front.limits import Limits

_SESSION = re.compile(rf"(?:^|;)\s*{re.escape(settings.SESSION_COOKIE_NAME)}=([^;]+)")


class OpenRequests:
    """Counts each sender's open requests: received, waiting for a thread, or being worked on.

    A sender is a bearer token or a console session, unverified, and without either a client's address. Inventing tokens
    gains nothing but connections: what all senders together may hold is bounded by ``edu.http.front.bodies``.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: dict[str, int] = {}

    def enter(self, head: Head) -> str:
        """Count one more request; returns the sender, for ``leave``.

        Raises:
            TooManyOpenRequestsError: the sender has as many as they may.
        """
        sender = _named_sender(head)
        most = self._limits.open_per_sender if sender else self._limits.open_per_address
        sender = sender or _address(head)
        count = self._open.get(sender, 0)
        if count >= most:
            raise TooManyOpenRequestsError
        self._open[sender] = count + 1
        return sender

    def leave(self, sender: str) -> None:
        """The request is over."""
        left = self._open[sender] - 1
        if left:
            self._open[sender] = left
        else:
            del self._open[sender]


def _named_sender(head: Head) -> str:
    """The token or the session that the request brings; empty without one."""
    if token := bearer_token_of(head.text(b"authorization")):
        return f"token {token}"
    if b"cookie" not in head.fields:
        return ""
    found = _SESSION.search(head.text(b"cookie"))
    return f"session {found[1]}" if found else ""


def _address(head: Head) -> str:
    return f"address {network_of(client_address_of(head.text(b'x-forwarded-for'), head.peer))}"
