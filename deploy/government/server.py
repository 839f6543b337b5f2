"""The simulator's HTTP side, on 127.0.0.1 only.

    POST /batches                               Idempotency-Key: <batch id>, Authorization: Bearer <key>
    GET  /batches/<batch id>, /decisions/<receipt>
    POST /uploads                               the same, in the shape ``upload``
    GET  /uploads/<upload id>/result, /uploads?batch_id=<batch id>
    GET  /terms/<term>/schools/<school>/grades  ?limit=<n>&cursor=<cursor>

For whoever plays with it, without a key and outside the limit, also on the control port (no TLS, never shut):
``POST /_faults`` (see ``Script.load``), ``DELETE /_faults``; ``DELETE /_state``: as new, with nothing held; and
``GET /_health``, ``/_faults``, ``/_requests``, ``/_effects?more_than=<n>``, ``/_held?term=<term>&school=<school>``.
"""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from deploy.government import faults
from deploy.government.doors import Door
from deploy.government.government import Arrival, Government
from deploy.government.grades import read_batch
from deploy.government.limit import WINDOW_S, most_in_a_window
from deploy.government.listing import MAX_PAGE
from deploy.government.replies import ASK, FIND, HELD, NO_ANSWER, SUBMIT, Question, Reply
from deploy.government.wire import Delivery, Sender

if TYPE_CHECKING:
    import ssl

    from deploy.government.faults import Fault
    from deploy.government.store import Store

MAX_BODY_BYTES, MAX_SWITCHES_BYTES = 1_000_000, 10_000_000
_WATCH_S = 0.05
_SHAPES = {"/batches": "direct", "/uploads": "upload"}
_BATCH = re.compile(r"/batches/([0-9a-f]{64})")
_TICKET = re.compile(r"/(?:decisions/(t-[0-9]+)|uploads/(t-[0-9]+)/result)")
_HELD = re.compile(r"/terms/([a-z0-9-]+)/schools/([a-z0-9-]+)/grades")
_NO_SUCH_PATH = Reply(HTTPStatus.NOT_FOUND, {"error": "no_such_path"})
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER for no time: closing sends RST


class Simulator:
    """The government and its doors."""

    def __init__(
        self,
        port: int,
        store: Store,
        *,
        api_key: str = "",
        window_s: float = WINDOW_S,
        control_port: int | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Open the port, with TLS if it is given. At most two requests pass in any ``window_s`` seconds.

        Raises:
            OSError: a port is taken.
        """
        self.government = Government(store, api_key=api_key, window_s=window_s)
        self.released = threading.Event()
        self._stopped = threading.Event()
        self._refusing_until_ns = 0
        handler = partial(_Handler, self)
        self._door = Door(port, handler, tls)
        self._door.set_open(wanted=True)
        if control_port is not None:
            Door(control_port, handler, None).set_open(wanted=True)

    def run(self) -> None:
        """Keep the port open or shut, as told, until ``stop``."""
        while not self._stopped.wait(_WATCH_S):
            self.watch_door()
        self._door.set_open(wanted=False)

    def stop(self) -> None:
        """End ``run``, and let hanging requests go."""
        self._stopped.set()
        self.released.set()

    def watch_door(self) -> None:
        """Shut the port while connections are to be refused."""
        refuses = self.government.script.conditions.refuses_at(self.government.now())
        waits = self.government.clock.now_ns() < self._refusing_until_ns
        self._door.set_open(wanted=not (refuses or waits))

    def refuse_for(self, seconds: float) -> None:
        """Shut the port for so long."""
        self._refusing_until_ns = self.government.clock.now_ns() + int(seconds * 1e9)
        self.watch_door()

    def clear(self) -> None:
        """As if it had just been started on an empty file. Hanging requests are let go."""
        self.released.set()
        self.released = threading.Event()
        self.government.clear()
        self.refuse_for(0)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer, head and body apart, waits for the other side's 40 ms

    def __init__(self, simulator: Simulator, *arguments: Any) -> None:  # noqa: ANN401 - passed on
        self._simulator, self._government = simulator, simulator.government
        super().__init__(*arguments)

    def do_GET(self) -> None:
        self._arrived_ns = self._government.clock.now_ns()
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
        question = _question(url.path, query)
        if question is not None:
            self._serve(question)
        else:
            self._send(self._report(url.path, query))

    def do_POST(self) -> None:
        self._arrived_ns = self._government.clock.now_ns()
        shape = _SHAPES.get(self.path)
        body = self._read_body(MAX_BODY_BYTES if shape else MAX_SWITCHES_BYTES)
        if shape is not None:
            self._submit(shape, body)
        elif self.path == "/_faults":
            self._send(self._load_switches(body or b""))
        else:
            self._send(_NO_SUCH_PATH)

    def do_DELETE(self) -> None:
        if self.path == "/_faults":
            self._government.script.clear()
        elif self.path == "/_state":
            self._simulator.clear()
        else:
            self._send(_NO_SUCH_PATH)
            return
        self._simulator.watch_door()
        self._send(Reply(HTTPStatus.OK, {}))

    def log_message(self, *_args: object) -> None:
        """Nothing on standard error: the log of requests is in the store."""

    def _submit(self, shape: str, body: bytes | None) -> None:
        batch_id = self.headers.get("Idempotency-Key", "")
        content = None if body is None else read_batch(body)
        place = {name: content[name] for name in ("school_id", "term_id")} if content else {}
        self._serve(Question(SUBMIT, shape, batch_id, **place, body=body, content=content))

    def _serve(self, question: Question) -> None:
        """One request of the API."""
        port = int(self.client_address[1])
        arrival = Arrival(self._arrived_ns, port, self.headers.get("Authorization", ""))
        reply, fault = self._government.answer(question, arrival)
        self._simulator.released.wait(self._government.script.conditions.answer_time_s)
        if reply.status == NO_ANSWER:
            self._end(fault)
        else:
            self._send(reply, fault.delivery)

    def _end(self, fault: Fault) -> None:
        """End the connection without an answer."""
        self.close_connection = True
        if fault.action == faults.HANG:
            self._simulator.released.wait(fault.delivery.hold_s)
        elif fault.action == faults.RESET:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            socket.close(self.connection.detach())
        elif fault.action == faults.REFUSE and not self._is_outage():
            self._simulator.refuse_for(fault.delivery.hold_s)

    def _send(self, reply: Reply, delivery: Delivery | None = None) -> None:
        sender = Sender(self.wfile.write, self._simulator.released)
        if not sender.send(reply, delivery or Delivery(), self._government.now()):
            self.close_connection = True

    def _report(self, path: str, query: dict[str, str]) -> Reply:
        """What it saw, for whoever plays with it."""
        store = self._government.store
        if path == "/_health":
            return Reply(HTTPStatus.OK, {"status": "ok"})
        if path == "/_faults":
            return Reply(HTTPStatus.OK, {"waiting": self._government.script.waiting})
        if path == "/_requests":
            return Reply(HTTPStatus.OK, {"requests": store.list_requests()})
        if path == "/_held":
            found = store.list_all(query.get("term", ""), query.get("school", ""))
            return Reply(HTTPStatus.OK, {"grades": found})
        if path == "/_effects":
            return Reply(HTTPStatus.OK, _effects(store, int(query.get("more_than", "0"))))
        return _NO_SUCH_PATH

    def _load_switches(self, body: bytes) -> Reply:
        try:
            self._government.script.load(json.loads(body))
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            return Reply(HTTPStatus.BAD_REQUEST, {"error": "malformed_fault", "detail": str(error)})
        self._simulator.watch_door()
        return Reply(HTTPStatus.OK, {})

    def _read_body(self, max_bytes: int) -> bytes | None:
        """The body, or ``None`` when it is too long; it is not read then, and the connection ends."""
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > max_bytes:
            self.close_connection = True
            return None
        return self.rfile.read(int(length))

    def _is_outage(self) -> bool:
        return self._government.script.conditions.refuses_at(self._government.now())


def _question(path: str, query: dict[str, str]) -> Question | None:
    """The question that a GET asks, or ``None`` when there is no such path."""
    if match := _BATCH.fullmatch(path):
        return Question(ASK, batch_id=match[1])
    if match := _TICKET.fullmatch(path):
        return Question(ASK, "upload" if match[2] else "direct", ticket=match[1] or match[2])
    if path == "/uploads":
        return Question(FIND, "upload", batch_id=query.get("batch_id", ""))
    if match := _HELD.fullmatch(path):
        limit = query.get("limit", str(MAX_PAGE))
        return Question(HELD, term_id=match[1], school_id=match[2], cursor=query.get("cursor"), limit=limit)
    return None


def _effects(store: Store, more_than: int) -> dict[str, Any]:
    """What took effect, and how close the requests came."""
    requests = store.list_requests()
    grades = store.list_effects(more_than=more_than)
    return {
        "grades": grades,
        "batches": sum(bool(request["effect"]) for request in requests),
        "most_in_a_second": {
            "all": most_in_a_window(request["at_ns"] for request in requests),
            "let_in": most_in_a_window(request["at_ns"] for request in requests if request["let_in"]),
        },
    }
