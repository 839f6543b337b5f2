"""A proxy before the emulator: whoever stands at it hears each call, and may answer it instead.

A request goes on byte for byte, so that its signature still holds.
"""

from __future__ import annotations

import http.client
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from email.message import Message

    Answer = tuple[int, list[tuple[str, str]], bytes]
    Before = Callable[[Message, bytes], Answer | None]
    After = Callable[[Message, bytes, bytes], None]

_HOP_BY_HOP = frozenset({"connection", "transfer-encoding", "keep-alive", "content-length"})


def _goes_on(_headers: Message, _body: bytes) -> Answer | None:
    return None


def _unheard(_headers: Message, _body: bytes, _answer: bytes) -> None:
    """Nobody listens."""


@contextmanager
def proxied(endpoint_url: str, *, before: Before = _goes_on, after: After = _unheard) -> Iterator[str]:
    """A proxy to this endpoint as long as the block runs, and its URL.

    ``before`` is given each call's head and body, and may answer in the endpoint's stead; ``after`` the endpoint's
    answer too.
    """
    target = urlsplit(endpoint_url)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each answer, head and body apart, waits for the other side's 40 ms

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            instead = before(self.headers, body)
            try:
                status, headers, answer = instead or _forwarded(self, body, target.hostname or "", target.port or 0)
            except (OSError, http.client.HTTPException):  # nobody answers: neither do we
                self.close_connection = True
                return
            if instead is None:
                after(self.headers, body, answer)
            self.send_response_only(status)
            for name, value in headers:
                if name.lower() not in _HOP_BY_HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            with suppress(BrokenPipeError, ConnectionResetError):  # a worker that ends hangs up on its long poll
                self.end_headers()
                self.wfile.write(answer)

        do_GET = do_PUT = do_DELETE = do_HEAD = do_POST  # noqa: N815 - the base class's names

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, _request: object, _client_address: object) -> None:
            """A client that was killed is no error here."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def _forwarded(request: BaseHTTPRequestHandler, body: bytes, host: str, port: int) -> Answer:
    connection = http.client.HTTPConnection(host, port, timeout=60)
    try:
        connection.putrequest(request.command, request.path, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, answer.getheaders(), answer.read()
    finally:
        connection.close()
