"""HTTP/1.1 byte by byte: what no client library would send, and what is answered to it."""

from __future__ import annotations

import io
import select
import socket
from contextlib import contextmanager, suppress
from http.client import HTTPResponse
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TIMEOUT_S = 10.0
_ESTABLISHED = "01"


def head(method: str, path: str, headers: Mapping[str, str] | None = None, *, version: str = "1.1") -> bytes:
    """A request's head."""
    lines = [f"{method} {path} HTTP/{version}", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def chunked(*chunks: bytes, extension: bytes = b"", trailers: bytes = b"") -> bytes:
    """A body in chunks."""
    framed = [b"%x%s\r\n%s\r\n" % (len(chunk), extension, chunk) for chunk in chunks]
    return b"".join([*framed, b"0\r\n", trailers, b"\r\n"])


class _Shared(io.BufferedReader):
    """What is read ahead of one answer stays for the next: an answer that ends does not close it."""

    def close(self) -> None:
        """Nothing: the connection is closed as a whole."""


def _port(address: str) -> int:
    return int(address.rpartition(":")[2], 16)


class _Readable:
    """A socket as far as ``HTTPResponse`` needs it."""

    def __init__(self, reader: _Shared) -> None:
        self._reader = reader

    def makefile(self, _mode: str) -> _Shared:
        """The one reader."""
        return self._reader


class Connection:
    """One connection to a server."""

    def __init__(self, base_url: str, *, receive_bytes: int = 0) -> None:
        address = urlsplit(base_url)
        self.socket = socket.socket()
        self.socket.settimeout(TIMEOUT_S)
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.connect((address.hostname or "", address.port or 0))
        self._reader = _Shared(socket.SocketIO(self.socket, "r"))

    def send(self, data: bytes) -> None:
        """Send; a server that has closed meanwhile may have answered all the same."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(data)

    def answer(self, method: str = "GET") -> tuple[HTTPResponse, bytes]:
        """The next answer, read whole."""
        response = HTTPResponse(_Readable(self._reader), method=method)  # type: ignore[arg-type] # all that it uses
        response.begin()
        return response, response.read()

    def status(self, method: str = "GET") -> int:
        """The next answer's status."""
        return self.answer(method)[0].status

    def is_closed(self) -> bool:
        """Whether the server closes it, having sent nothing more."""
        with suppress(ConnectionResetError):
            return self._reader.read(1) == b""
        return True

    def answers_within(self, seconds: float) -> bool:
        """Whether anything comes within so many seconds."""
        return bool(select.select([self.socket], [], [], seconds)[0])

    def is_cut_off(self) -> bool:
        """Whether the server's end of it is gone, by the kernel's table (proc(5), ``/proc/net/tcp``).

        Nothing is sent or read: the kernel that gives a connection up does not always tell the other side.
        """
        ends = (self.socket.getpeername()[1], self.socket.getsockname()[1], _ESTABLISHED)
        rows = (line.split() for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:])
        return ends not in {(_port(row[1]), _port(row[2]), row[3]) for row in rows}

    def close(self) -> None:
        """Close it."""
        self.socket.close()


@contextmanager
def connected(base_url: str, *, receive_bytes: int = 0) -> Iterator[Connection]:
    """A connection for the time of the block; ``receive_bytes`` is about what the system takes of an answer unread."""
    connection = Connection(base_url, receive_bytes=receive_bytes)
    try:
        yield connection
    finally:
        connection.close()


def exchange(base_url: str, data: bytes, method: str = "GET") -> tuple[HTTPResponse, bytes]:
    """The first answer to these bytes."""
    with connected(base_url) as connection:
        connection.send(data)
        return connection.answer(method)
