"""One request on a connection of its own, under one deadline, and an answer that is read within bounds.

Connecting, TLS, sending, head and body share one deadline by the monotonic clock: a library's time limits hold for each
read, so a byte a second would pass them for ever. Nothing is followed, decoded or kept: no redirects, no cookies, no
compression; and what an answer leaves on its connection is gone with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Final

import h11

from edu.logs import get_logger
from govsync.client.failures import BadAnswerError, ExchangeFailedError, NoAnswerError
from govsync.domain.batches import EXCHANGE_LIMIT
from govsync.domain.rights import require_right

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from govsync.client.connecting import Deadline, Host

EXCHANGE_LIMIT_S: Final = EXCHANGE_LIMIT.total_seconds()
MAX_BODY_BYTES: Final = 1_048_576
MAX_HEAD_BYTES: Final = 65_536
# Chunks and trailers make a body longer on its way; an honest one stays below this.
MAX_ANSWER_BYTES: Final = 2 * MAX_BODY_BYTES
_PIECE_BYTES: Final = 65_536
_ALWAYS: Final = {"Accept": "application/json", "Connection": "close", "User-Agent": "libreta-govsync"}
_log = get_logger(__name__)


@dataclass(frozen=True)
class Request:
    """What is sent: ``target`` is the path and query, ``headers`` those beside the ones that every request has.

    Its key and its grades stay out of ``repr``.
    """

    method: str
    target: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    def with_key(self, key: str) -> Request:
        """The same with our key."""
        return replace(self, headers={**self.headers, **_ALWAYS, "Authorization": f"Bearer {key}"})


@dataclass(frozen=True)
class Response:
    """An answer, whole; header names in small letters, of a repeated one the values with commas between."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def exchange(host: Host, request: Request, deadline: Deadline) -> Response:
    """Send the request and read its answer.

    Raises:
        NotSentError, NoAnswerError, BadAnswerError: nothing else, whatever the other side does.
        LaneLostError: see ``govsync.domain.rights``; nothing was sent.
    """
    http = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_BYTES)
    data = _as_bytes(http, request, host.netloc)
    with closing(host.connect(deadline)) as connection:
        require_right()
        try:
            with suppress(ConnectionError):  # who closed early may have answered before
                _send(connection, data, deadline)
            return _Reading(http, partial(_receive, connection, deadline)).response()
        except ExchangeFailedError:
            raise
        except TimeoutError as error:
            raise NoAnswerError("timeout") from error
        except OSError as error:
            raise NoAnswerError("connection_lost") from error
        except Exception as error:
            _log.warning("an answer of the government cannot be read", error=type(error).__name__)
            raise BadAnswerError("malformed_http") from error


def _as_bytes(http: h11.Connection, request: Request, netloc: str) -> bytes:
    headers = {"Host": netloc, "Content-Length": str(len(request.body)), **request.headers}
    head = h11.Request(method=request.method, target=request.target, headers=list(headers.items()))
    pieces = [http.send(event) for event in (head, h11.Data(data=request.body), h11.EndOfMessage())]
    return b"".join(piece for piece in pieces if piece)


def _send(connection: socket.socket, data: bytes, deadline: Deadline) -> None:
    """Send all of it, each piece within the time that is left."""
    left = memoryview(data)
    while left:
        connection.settimeout(deadline.left_s())
        left = left[connection.send(left[:_PIECE_BYTES]) :]


def _receive(connection: socket.socket, deadline: Deadline) -> bytes:
    connection.settimeout(deadline.left_s())
    return connection.recv(_PIECE_BYTES)


class _Reading:
    """An answer as it comes, piece by piece."""

    def __init__(self, http: h11.Connection, receive: Callable[[], bytes]) -> None:
        self._http, self._receive = http, receive
        self._received_bytes, self._is_over = 0, False
        self._head: h11.Response | None = None

    def response(self) -> Response:
        """The answer, whole.

        Raises:
            OSError: the connection failed, or its time is up.
            NoAnswerError, BadAnswerError: see there.
        """
        body = bytearray()
        while True:
            match self._next():
                case h11.InformationalResponse():
                    pass
                case h11.Response() as head:
                    self._head = head
                    self._check_head()
                case h11.Data(data=data):
                    body += data
                    if len(body) > MAX_BODY_BYTES:
                        raise self._bad("oversized_answer")
                case h11.EndOfMessage() if self._head is not None:
                    return Response(self._head.status_code, self._headers(), bytes(body))
                case _:
                    raise self._bad("malformed_http")

    def _next(self) -> object:
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                self._http.receive_data(self._more())
        except h11.RemoteProtocolError as error:
            if self._is_over:
                raise NoAnswerError("connection_lost", self._status) from error
            raise self._bad("malformed_http") from error
        return event

    def _more(self) -> bytes:
        data = self._receive()
        self._is_over = not data
        self._received_bytes += len(data)
        if self._received_bytes > MAX_ANSWER_BYTES:
            raise self._bad("oversized_answer")
        return data

    def _check_head(self) -> None:
        headers = self._headers()
        if headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise self._bad("coded_body")
        if int(headers.get("content-length", "0")) > MAX_BODY_BYTES:
            raise self._bad("oversized_answer")

    def _headers(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, value in self._head.headers if self._head else ():
            key, text = name.decode("latin-1"), value.decode("latin-1")
            found[key] = f"{found[key]}, {text}" if key in found else text
        return found

    @property
    def _status(self) -> int | None:
        return self._head.status_code if self._head else None

    def _bad(self, code: str) -> BadAnswerError:
        return BadAnswerError(code, self._status)
