"""A queue on the loopback in the place of SQS, which can be told to hang, to fail or to be gone."""

from __future__ import annotations

import hashlib
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_HANG_S = 20.0


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # connections at once; five would let the sixth wait for a second


class StandInQueue:
    """What it was sent, and what it does with the next call: answers, hangs, or answers with an error."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.queue_url = f"{url}/000000000000/behavior"
        self.messages: list[str] = []
        self.calls: list[str] = []
        self.error: tuple[int, str] | None = None
        self.digest: str | None = None
        self._answers = threading.Event()
        self._answers.set()

    def hang(self) -> None:
        """Answer nobody until ``answer``."""
        self._answers.clear()

    def answer(self) -> None:
        """Answer again, those too who still wait."""
        self._answers.set()

    def take(self, call: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """A call's status and answer."""
        self.calls.append(call)
        self._answers.wait(LONGEST_HANG_S)
        if self.error:
            status, code = self.error
            return status, {"__type__": code, "__type": f"com.amazonaws.sqs#{code}", "message": "no"}
        if call != "SendMessage":
            return 200, {"Attributes": {"QueueArn": "arn:aws:sqs:us-east-1:000000000000:behavior"}}
        text: str = body["MessageBody"]
        self.messages.append(text)
        digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
        return 200, {"MessageId": "m-1", "MD5OfMessageBody": self.digest or digest}


@contextmanager
def running_stand_in() -> Iterator[StandInQueue]:
    """The queue, answering."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, answer = queue.take(self.headers["X-Amz-Target"].partition(".")[2], body)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except OSError:  # the client has given up
                self.close_connection = True

    server = _Server(("127.0.0.1", 0), Handler)
    queue = StandInQueue(f"http://127.0.0.1:{server.server_address[1]}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield queue
    finally:
        queue.answer()
        server.shutdown()
        server.server_close()
