"""A server that reads a request and then does what a test says, byte by byte; with TLS where it is given a context."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

_TIMEOUT_S = 30.0


@dataclass
class ScriptedServer:
    """Where it listens, the requests it got, and what it does with the next ones.

    ``answer`` gets the connection once the request is read, and may send, wait or go. ``released`` is set at the end.
    """

    url: str
    answer: Callable[[socket.socket], object]
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0
    released: threading.Event = field(default_factory=threading.Event)

    def serve(self, listener: socket.socket, tls: ssl.SSLContext | None) -> None:
        """Take connections until the listener is closed, each in a thread."""
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._talk, args=(connection, tls), daemon=True).start()

    def _talk(self, connection: socket.socket, tls: ssl.SSLContext | None) -> None:
        connection.settimeout(_TIMEOUT_S)
        with suppress(OSError), connection:
            secured = tls.wrap_socket(connection, server_side=True) if tls else connection
            with secured:
                self.requests.append(_read_request(secured))
                self.answer(secured)


def _read_request(connection: socket.socket) -> bytes:
    found = b""
    while b"\r\n\r\n" not in found:
        found += _more(connection)
    head, _, body = found.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += _more(connection)
    return head + b"\r\n\r\n" + body


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(65_536)
    if not data:
        raise ConnectionResetError
    return data


@contextmanager
def scripted_server(
    answer: Callable[[socket.socket], object], *, tls: ssl.SSLContext | None = None
) -> Iterator[ScriptedServer]:
    """A server on a free loopback port for the time of the block."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        server = ScriptedServer(f"{'https' if tls else 'http'}://127.0.0.1:{port}", answer)
        thread = threading.Thread(target=server.serve, args=(listener, tls), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.released.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
