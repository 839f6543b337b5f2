"""A wire that is listened to: a proxy before the emulator that notes with whose key each call was signed.

It stands outside the product: the keys are read from the signatures as they arrive, and whose they are from STS's own
answers. A request goes on byte for byte, so that its signature still holds.
"""

from __future__ import annotations

import http.client
import re
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

_CREDENTIAL = re.compile(r"Credential=([^/]+)/")
_ISSUED = re.compile(rb"<AccessKeyId>([^<]+)</AccessKeyId>")
_SCHOOL = re.compile(r'(?<!\\)"SCHOOL#([^#"\\]+)')
_PLATFORM = re.compile(r'(?<!\\)"(PLATFORM)#')
_HOP_BY_HOP = frozenset({"connection", "transfer-encoding", "keep-alive", "content-length"})
SERVICE = "the service itself"


@dataclass(frozen=True)
class Call:
    """One call to the table: in whose name it was signed, and whose partitions it named."""

    operation: str
    signed_for: str
    named: frozenset[str]

    @property
    def crosses(self) -> bool:
        """Whether it names anybody but the one it is signed for."""
        return self.named != {self.signed_for}


@dataclass
class Wire:
    """What was heard, and where to connect to be heard."""

    endpoint_url: str = ""
    calls: list[Call] = field(default_factory=list)
    owners: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def issued(self, request: bytes, answer: bytes) -> None:
        """STS has given a session: remember whose its key is."""
        asked = parse_qs(request.decode(errors="replace"))
        found = _ISSUED.search(answer)
        if asked.get("Action") == ["AssumeRole"] and found:
            tags = {value[0] for name, value in asked.items() if re.fullmatch(r"Tags\.member\.\d+\.Value", name)}
            with self._lock:
                self.owners[found[1].decode()] = next(iter(tags), "PLATFORM")

    def called(self, target: str, authorization: str, body: bytes) -> None:
        """A call to the table has come."""
        text = body.decode(errors="replace")
        key = _CREDENTIAL.search(authorization)
        with self._lock:
            signed_for = self.owners.get(key[1], SERVICE) if key else "nobody"
            named = frozenset(_SCHOOL.findall(text) + _PLATFORM.findall(text))
            self.calls.append(Call(target.rpartition(".")[2], signed_for, named))


@contextmanager
def tapped(endpoint_url: str) -> Iterator[Wire]:
    """A wire to this endpoint, as long as the block runs."""
    wire, target = Wire(), urlsplit(endpoint_url)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each answer, head and body apart, waits for the other side's 40 ms

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            amz_target = self.headers.get("X-Amz-Target", "")
            if amz_target.startswith("DynamoDB"):
                wire.called(amz_target, self.headers.get("Authorization", ""), body)
            status, headers, answer = _forwarded(self, body, target.hostname or "", target.port or 0)
            wire.issued(body, answer)
            self.send_response_only(status)
            for name, value in headers:
                if name.lower() not in _HOP_BY_HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            with suppress(BrokenPipeError, ConnectionResetError):  # a worker that ends hangs up on its long poll
                self.wfile.write(answer)

        do_GET = do_PUT = do_DELETE = do_HEAD = do_POST  # noqa: N815 - the base class's names

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    wire.endpoint_url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield wire
    finally:
        server.shutdown()
        server.server_close()


def _forwarded(
    request: BaseHTTPRequestHandler, body: bytes, host: str, port: int
) -> tuple[int, list[tuple[str, str]], bytes]:
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
