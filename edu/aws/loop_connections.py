"""Kept-alive connections to one host, on the event loop: for who cannot wait until a thread gets its turn.

HTTP/1.1, one question a connection at a time. An answer is read by llhttp and bounded; whoever sends another than was
asked for, or more than one, loses the connection.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from botocore.httpsession import get_cert_path
from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_ANSWER_BYTES: Final = 64 * 1024
_CLOSED, _UNREADABLE = "ConnectionClosedError", "ResponseParserError"
_PORTS = {"http": 80, "https": 443}


class UnansweredError(Exception):
    """There was no answer, or none that could be read; the text is botocore's name for what happened."""


class Answer:
    """A status and a body, read as they come (llhttp calls the methods)."""

    def __init__(self) -> None:
        self.status, self.body = 0, b""
        self.is_whole = self.lets_ask_again = False
        self._begun = 0
        self._parser = HttpResponseParser(self)

    def read(self, data: bytes) -> None:
        """Go on reading.

        Raises:
            UnansweredError: this is no answer.
        """
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            raise UnansweredError(_UNREADABLE) from error

    def on_message_begin(self) -> None:
        """Count: a second one was not asked for."""
        self._begun += 1

    def on_body(self, part: bytes) -> None:
        """Keep a piece of the body."""
        self.body += part

    def on_message_complete(self) -> None:
        """Know that nothing is missing."""
        self.is_whole, self.status = True, self._parser.get_status_code()
        self.lets_ask_again = self._parser.should_keep_alive()  # llhttp forgets it right afterwards

    @property
    def is_one(self) -> bool:
        """Whether nothing came behind it."""
        return self._begun == 1


class _Connection(asyncio.Protocol):
    """One connection; ``rests`` is called when it can be used for the next question."""

    def __init__(self, rests: Callable[[_Connection], None]) -> None:
        self._rests = rests
        self._asked: asyncio.Future[Answer] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]  # a stream's is one

    def ask(self, request: bytes) -> asyncio.Future[Answer]:
        """Send a request; the future fails with UnansweredError."""
        self._answer, self._received_bytes = Answer(), 0
        self._asked = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._asked

    def data_received(self, data: bytes) -> None:
        self._received_bytes += len(data)
        if self._asked is None or self._received_bytes > MOST_ANSWER_BYTES:
            self.give_up(_UNREADABLE)
            return
        try:
            self._answer.read(data)
        except UnansweredError:
            self.give_up(_UNREADABLE)
            return
        if self._answer.is_whole:
            self._end()

    def connection_lost(self, _error: Exception | None) -> None:
        self.give_up(_CLOSED)

    def end_unanswered(self, asked: asyncio.Future[Answer]) -> None:
        """Close it if this question's answer has not come: a late one would be the next question's."""
        if self._asked is asked:  # and not already another's
            self.give_up(_CLOSED)

    def give_up(self, reason: str) -> None:
        """Close at once; who waits for an answer is told why there is none. Idempotent."""
        self._transport.abort()
        asked, self._asked = self._asked, None
        if asked and not asked.done():
            asked.set_exception(UnansweredError(reason))

    @property
    def is_open(self) -> bool:
        """Whether the other side has not closed it."""
        return not self._transport.is_closing()

    def _end(self) -> None:
        asked, self._asked = self._asked, None
        if self._answer.lets_ask_again and self._answer.is_one:
            self._rests(self)
        else:
            self._transport.abort()
        if asked and not asked.done():
            asked.set_result(self._answer)


class Connections:
    """Connections to the host of ``url``, made when none rests; of those ``resting`` are kept. One event loop only."""

    def __init__(self, url: str, *, resting: int) -> None:
        parts = urlsplit(url)
        self._address = parts.hostname or "", parts.port or _PORTS[parts.scheme]
        # The authorities are those that botocore trusts.
        self._tls = ssl.create_default_context(cafile=get_cert_path(True)) if parts.scheme == "https" else None
        self._most_resting = resting
        self._resting: list[_Connection] = []

    async def ask(self, request: bytes, *, connect_s: float, answer_s: float) -> Answer:
        """The answer to one request, within so many seconds.

        Raises:
            UnansweredError: there is none. The request may have taken effect all the same.
        """
        connection = self._rested() or await self._connected(connect_s)
        asked = connection.ask(request)
        try:
            async with asyncio.timeout(answer_s):
                return await asked
        except TimeoutError as error:
            raise UnansweredError("ReadTimeoutError") from error
        finally:
            connection.end_unanswered(asked)

    def close(self) -> None:
        """Close those that rest."""
        while connection := self._rested():
            connection.give_up(_CLOSED)

    def _rest(self, connection: _Connection) -> None:
        if len(self._resting) < self._most_resting:
            self._resting.append(connection)
        else:
            connection.give_up(_CLOSED)

    def _rested(self) -> _Connection | None:
        while self._resting:
            if (connection := self._resting.pop()).is_open:
                return connection
        return None

    async def _connected(self, connect_s: float) -> _Connection:
        loop: Any = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(connect_s):
                _transport, connection = await loop.create_connection(
                    lambda: _Connection(self._rest), *self._address, ssl=self._tls
                )
        except TimeoutError as error:
            raise UnansweredError("ConnectTimeoutError") from error
        except ssl.SSLError as error:
            raise UnansweredError("SSLError") from error
        except OSError as error:
            raise UnansweredError("EndpointConnectionError") from error
        made: _Connection = connection
        return made
