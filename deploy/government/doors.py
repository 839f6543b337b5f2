"""The port, which is open or refuses connections."""

from __future__ import annotations

import sys
import threading
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable
    from http.server import BaseHTTPRequestHandler

HOST = "127.0.0.1"
_POLL_S = 0.05


class HttpServer(ThreadingHTTPServer):
    """A server on one port; each connection has its thread, in which the handshake of TLS happens too."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, handler: Callable[..., BaseHTTPRequestHandler], tls: ssl.SSLContext | None) -> None:
        """Bind the port.

        Raises:
            OSError: it is taken.
        """
        super().__init__((HOST, port), handler)
        self._tls = tls

    def get_request(self) -> tuple[socket.socket, Any]:
        """The next connection."""
        connection, address = super().get_request()
        if self._tls is not None:
            connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the signature of socketserver
        """Nothing of a caller that went away or does not trust us; anything else is printed."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Door:
    """One port, served in a thread of its own while it is open. Thread-safe."""

    def __init__(self, port: int, handler: Callable[..., BaseHTTPRequestHandler], tls: ssl.SSLContext | None) -> None:
        self._port, self._handler, self._tls = port, handler, tls
        self._lock = threading.Lock()
        self._server: HttpServer | None = None

    def set_open(self, *, wanted: bool) -> None:
        """Open or close it; nothing when it is so already.

        Raises:
            OSError: the port is taken.
        """
        with self._lock:
            if wanted and self._server is None:
                self._server = HttpServer(self._port, self._handler, self._tls)
                threading.Thread(target=self._server.serve_forever, args=(_POLL_S,), daemon=True).start()
            elif not wanted and self._server is not None:
                self._server.shutdown()
                self._server.server_close()
                self._server = None
