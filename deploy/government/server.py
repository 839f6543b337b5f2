"""The simulator's HTTP side, on 127.0.0.1 only.

    POST /batches                               Idempotency-Key: <batch id>, Authorization: Bearer <key>
    GET  /batches/<batch id>
    GET  /terms/<term>/schools/<school>/grades  ?limit=<n>&cursor=<cursor>

For whoever plays with it, without a key and outside the limit: ``GET /_health``, ``GET /_requests``,
``POST /_faults`` (see ``Script.load``), ``DELETE /_faults``, and ``DELETE /_state``: as new, with nothing held.
"""

from __future__ import annotations

import hmac
import json
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from deploy.government import faults
from deploy.government.faults import Fault, Script
from deploy.government.grades import is_grade
from deploy.government.limit import WINDOW_S, RollingLimit
from deploy.government.store import KeyReusedError, Store

HOST = "127.0.0.1"
MAX_BODY_BYTES, MAX_GRADES, MAX_PAGE = 1_000_000, 100, 500
_BATCH = re.compile(r"/batches/([0-9a-f]{64})")
_HELD = re.compile(r"/terms/([a-z0-9-]+)/schools/([a-z0-9-]+)/grades")
_KEY = re.compile(r"[0-9a-f]{64}")


class Simulator(ThreadingHTTPServer):
    """The server with everything its requests share."""

    daemon_threads = True

    def __init__(self, port: int, store: Store, *, api_key: str = "", window_s: float = WINDOW_S) -> None:
        """Bind the port; ``serve_forever`` then serves. At most two requests pass in any ``window_s`` seconds.

        Raises:
            OSError: the port is taken.
        """
        super().__init__((HOST, port), _Handler)
        self.store, self.api_key = store, api_key
        self.limit, self.script = RollingLimit(window_s), Script()
        self.released = threading.Event()

    def clear(self) -> None:
        """As if it had just been started on an empty file. Hanging requests are let go."""
        self.released.set()
        self.released = threading.Event()
        self.script.clear()
        self.limit.clear()
        self.store.clear()

    def stop(self) -> None:
        """End ``serve_forever`` and let hanging requests go. Not to be called from the serving thread."""
        self.released.set()
        self.shutdown()


@dataclass(frozen=True)
class _Reply:
    status: int
    body: Mapping[str, Any]
    headers: tuple[tuple[str, str], ...] = ()
    effect: bool = False


def _problem(status: HTTPStatus, error: str, *headers: tuple[str, str]) -> _Reply:
    return _Reply(status, {"error": error}, headers)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer, head and body apart, waits for the other side's 40 ms
    server: Simulator

    def do_GET(self) -> None:
        self._arrived_ns = time.time_ns()
        url = urlsplit(self.path)
        if url.path == "/_health":
            self._send(_Reply(200, {"status": "ok"}))
        elif url.path == "/_requests":
            self._send(_Reply(200, {"requests": self.server.store.list_requests()}))
        elif match := _BATCH.fullmatch(url.path):
            self._serve("ask", match[1])
        elif _HELD.fullmatch(url.path):
            self._serve("held", "")
        else:
            self._send(_problem(HTTPStatus.NOT_FOUND, "no_such_path"))

    def do_POST(self) -> None:
        self._arrived_ns = time.time_ns()
        body = self._read_body()
        if body is None:
            self._send(_problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large"))
        elif self.path == "/batches":
            self._serve("submit", self.headers.get("Idempotency-Key", ""), body)
        elif self.path == "/_faults":
            self._send(self._load_faults(body))
        else:
            self._send(_problem(HTTPStatus.NOT_FOUND, "no_such_path"))

    def do_DELETE(self) -> None:
        if self.path == "/_faults":
            self.server.script.clear()
            self._send(_Reply(200, {}))
        elif self.path == "/_state":
            self.server.clear()
            self._send(_Reply(200, {}))
        else:
            self._send(_problem(HTTPStatus.NOT_FOUND, "no_such_path"))

    def log_message(self, *_args: object) -> None:
        """Nothing on standard error: the log of requests is in the store."""

    def _serve(self, operation: str, batch_id: str, body: bytes = b"") -> None:
        """One request of the API: key, limit, scripted fault, and then what was asked for."""
        position = self.server.store.log(self._arrived_ns, operation, batch_id)
        if not self._is_authorised():
            reply = _problem(HTTPStatus.UNAUTHORIZED, "unauthorised")
        elif not self.server.limit.lets_through(self._arrived_ns):
            reply = _problem(HTTPStatus.TOO_MANY_REQUESTS, "too_many_requests", ("Retry-After", "1"))
        else:
            fault = self.server.script.next_for(operation)
            done = self._do(operation, batch_id, body) if fault is None or fault.effect else None
            reply = self._after_fault(fault, done) if fault else done or _problem(HTTPStatus.NOT_FOUND, "no_such_path")
        self.server.store.log_outcome(position, reply.status, effect=reply.effect)
        self._send(reply)

    def _do(self, operation: str, batch_id: str, body: bytes) -> _Reply:
        if operation == "submit":
            return self._submit(batch_id, body)
        return self._ask(batch_id) if operation == "ask" else self._list_held()

    def _submit(self, batch_id: str, body: bytes) -> _Reply:
        content = _batch_content(body)
        if content is None or not _KEY.fullmatch(batch_id):
            return _problem(HTTPStatus.BAD_REQUEST, "malformed_batch")
        poison = self.server.script.poison_of(grade["student_id"] for grade in content["grades"])
        if poison is not None:
            return _problem(HTTPStatus(poison), "poisoned_batch")
        try:
            answer, replayed = self.server.store.take_batch(batch_id, body, content, self.server.script.refused())
        except KeyReusedError:
            return _problem(HTTPStatus.UNPROCESSABLE_ENTITY, "idempotency_key_reused")
        if replayed:
            return _Reply(HTTPStatus.OK, answer, (("Idempotent-Replay", "true"),))
        return _Reply(HTTPStatus.CREATED, answer, effect=True)

    def _ask(self, batch_id: str) -> _Reply:
        answer = self.server.store.find_answer(batch_id)
        return _Reply(HTTPStatus.OK, answer) if answer else _problem(HTTPStatus.NOT_FOUND, "unknown_batch")

    def _list_held(self) -> _Reply:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        match = _HELD.fullmatch(url.path)
        limit, cursor = query.get("limit", str(MAX_PAGE)), query.get("cursor", "0")
        if match is None or not limit.isdigit() or not cursor.isdigit():
            return _problem(HTTPStatus.BAD_REQUEST, "malformed_query")
        size = min(max(int(limit), 1), MAX_PAGE)
        grades, last = self.server.store.list_grades(match[1], match[2], after=int(cursor), limit=size)
        return _Reply(HTTPStatus.OK, {"grades": grades, "next_cursor": str(last) if last else None})

    def _after_fault(self, fault: Fault, done: _Reply | None) -> _Reply:
        """The scripted answer; status 0 stands for a connection closed without one."""
        effect = done is not None and done.effect
        if fault.action == faults.STATUS:
            asked = (("Retry-After", str(fault.retry_after_s)),) if fault.retry_after_s is not None else ()
            return _Reply(fault.status, fault.body, asked, effect)
        return _Reply(0, {"hold_s": fault.hold_s if fault.action == faults.HANG else 0.0}, effect=effect)

    def _send(self, reply: _Reply) -> None:
        if reply.status == 0:
            self.server.released.wait(reply.body["hold_s"])
            self.close_connection = True
            return
        content = json.dumps(reply.body).encode()
        self.send_response(reply.status)
        for name, value in (
            *reply.headers,
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(content))),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _load_faults(self, body: bytes) -> _Reply:
        try:
            self.server.script.load(json.loads(body))
        except (TypeError, ValueError, AttributeError):
            return _problem(HTTPStatus.BAD_REQUEST, "malformed_fault")
        return _Reply(200, {})

    def _read_body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            return None
        return self.rfile.read(int(length))

    def _is_authorised(self) -> bool:
        shown = self.headers.get("Authorization", "")
        return not self.server.api_key or hmac.compare_digest(shown.encode(), f"Bearer {self.server.api_key}".encode())


def _batch_content(body: bytes) -> dict[str, Any] | None:
    try:
        content = json.loads(body)
    except ValueError:
        return None
    if not isinstance(content, dict) or not all(isinstance(content.get(n), str) for n in ("term_id", "school_id")):
        return None
    grades = content.get("grades")
    if not isinstance(grades, list) or not 0 < len(grades) <= MAX_GRADES or not all(map(is_grade, grades)):
        return None
    return content
