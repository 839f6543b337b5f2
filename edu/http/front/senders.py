"""Who has how many requests open. On the event loop alone, so nothing is locked."""

from __future__ import annotations

import asyncio
import re
from random import uniform
from typing import TYPE_CHECKING

from django.conf import settings

from edu.http.addresses import client_address_of, network_of
from edu.http.errors import TooManyOpenRequestsError
from edu.http.front.line import Place
from edu.http.middleware import API_PREFIX
from edu.identity.tokens import InvalidTokenError, verifier
from edu.logs import get_logger

if TYPE_CHECKING:
    from edu.http.front.heads import Head
    from edu.http.front.limits import Limits

_log = get_logger(__name__)
_SESSION = re.compile(rf"(?:^|;)\s*{re.escape(settings.SESSION_COOKIE_NAME)}=([^;]+)")


class OpenRequests:
    """Counts each sender's open requests: received, waiting for a thread, or being worked on.

    A sender is a bearer token or a console session, unverified, and without either a client's address. Inventing tokens
    gains nothing but connections: what all senders together may hold is bounded by ``edu.http.front.bodies``.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: dict[str, int] = {}
        self._refused = 0

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

    async def wait_before_refusing(self) -> None:
        """Let who has too many wait for their answer: whoever comes again at once comes less often."""
        if self._refused >= self._limits.waiting_refusals:
            return
        self._refused += 1
        try:
            await asyncio.sleep(self._limits.refusal_s * uniform(0.5, 1.5))  # noqa: S311 - not all at once, no secret
        finally:
            self._refused -= 1

    def leave(self, sender: str) -> None:
        """The request is over."""
        left = self._open[sender] - 1
        if left:
            self._open[sender] = left
        else:
            del self._open[sender]


def check_token(head: Head) -> None:
    """Refuse a bad token before its body is waited for: in a tenth of the time that Django's refusal takes.

    Nothing is waited for: where the pool's keys would have to be fetched first, the application finds out.

    Raises:
        InvalidTokenError: the API is asked with a token that is not one of ours, not for us, or no longer valid.
    """
    if head.token is not None and head.path.startswith(API_PREFIX):
        try:
            head.caller = verifier().principal_at_once(head.token)
        except InvalidTokenError as error:
            _log.warning("token refused", reason=error.detail)
            raise


def place_of(head: Head) -> Place:
    """Whose turn a request waits for (``edu.http.front.line``): an account's, a console session's or an address's.

    A token counts as its account's once a request has proved it in this process, within the last minute.
    """
    if account := _known_account(head):
        return Place(account, is_known=True)
    return Place((head.token is None and _named_sender(head)) or _address(head), is_known=False)


def payer_of(head: Head) -> str:
    """On whose account it is what a body costs before it is whole: a proven account's, or an address's."""
    return _known_account(head) or _address(head)


def _known_account(head: Head) -> str:
    if head.caller is None and head.token:
        head.caller = verifier().remembered(head.token)
    return f"account {head.caller.subject}" if head.caller else ""


def _named_sender(head: Head) -> str:
    """The token or the session that the request brings; empty without one."""
    if head.token:
        return f"token {head.token}"
    if b"cookie" not in head.fields:
        return ""
    found = _SESSION.search(head.text(b"cookie"))
    return f"session {found[1]}" if found else ""


def _address(head: Head) -> str:
    return f"address {network_of(client_address_of(head.text(b'x-forwarded-for'), head.peer))}"
