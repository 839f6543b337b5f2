"""``python -m tests.bench.event_load``: devices that send events, each over a kept-alive connection of its own.

In a process of its own, and as cheap as Python allows: it shares the processors with what it measures. Each device
sends its next request when it has its answer or, at a pace, when it is due. The last line on standard output is JSON:
how often which status came, and the durations in ms, at a pace counted from when the request was due; if asked for,
also when each was due and the name of the message that its events went in, which the door's answer says.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
import uuid
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import uvloop

if TYPE_CHECKING:
    from collections.abc import Iterator

_ACCEPTED = b"HTTP/1.1 202"
_LAST_CHUNK = b"0\r\n\r\n"
EVENTS_PATH = "/api/v1/behavior"


@dataclass(frozen=True)
class Load:
    """``devices`` at once for so many seconds after a warm-up; one event a request, or lists of ``events``.

    ``tokens`` is a file of ID tokens, one a line, which the requests use in turn; ``a_second`` is how many requests all
    devices send together, 0 for as many as are answered. ``names``: say each accepted request's message.
    """

    url: str
    tokens: str
    devices: int
    seconds: float
    events: int = 1
    a_second: float = 0.0
    warm_up_s: float = 0.5
    names: bool = False


class _Device(asyncio.Protocol):
    """One connection. A request is a future of its answer's head."""

    def __init__(self) -> None:
        self._received = b""
        self._answered: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment] # a socket's is one

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end or self._answered is None:
            return
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if len(body) < int(length) if length else not body.endswith(_LAST_CHUNK):
            return
        self._received = b""
        answered, self._answered = self._answered, None
        answered.set_result(head)

    def connection_lost(self, _error: Exception | None) -> None:
        if self._answered:
            self._answered.set_exception(ConnectionResetError())

    def send(self, request: bytes) -> asyncio.Future[bytes]:
        """Send one request."""
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answered

    def close(self) -> None:
        """Hang up."""
        self._transport.close()


class Devices:
    """All devices, and what they were answered."""

    def __init__(self, load: Load) -> None:
        self._load = load
        address = urlsplit(load.url)
        self._address = str(address.hostname), address.port or 80
        tokens = Path(load.tokens).read_text("ascii").split()
        self._heads = cycle([_head(token) for token in tokens])
        self._begin_s = 0.0
        self.statuses: Counter[int] = Counter()
        self.durations: list[float] = []
        self.messages: list[tuple[str, float]] = []

    async def run(self) -> None:
        """Send until the time is over."""
        self._begin_s = time.perf_counter() + self._load.warm_up_s
        await asyncio.gather(*(self._send_on(number) for number in range(self._load.devices)))

    async def _send_on(self, number: int) -> None:
        host, port = self._address
        _transport, device = await asyncio.get_running_loop().create_connection(_Device, host, port)
        for due_s in self._due(number):
            if due_s > time.perf_counter():
                await asyncio.sleep(due_s - time.perf_counter())
            body = _body(self._load.events)
            began_s = due_s or time.perf_counter()
            head = await device.send(next(self._heads) % len(body) + body)
            if began_s >= self._begin_s:
                taken_s = time.perf_counter() - began_s
                self.statuses[int(head[9:12])] += 1
                self.durations.append(round(taken_s * 1000, 3))
                if self._load.names and head.startswith(_ACCEPTED):
                    self.messages.append((_name_in(head), time.time() - taken_s))
        device.close()

    def _due(self, number: int) -> Iterator[float]:
        """When each request of a device is due; 0 for at once."""
        ends_s = self._begin_s + self._load.seconds
        if not self._load.a_second:
            while time.perf_counter() < ends_s:
                yield 0.0
            return
        pause_s = self._load.devices / self._load.a_second
        due_s = time.perf_counter() + pause_s * number / self._load.devices
        while due_s < ends_s:
            yield due_s
            due_s += pause_s


def _name_in(head: bytes) -> str:
    return head.lower().partition(b"x-correlation-id:")[2].partition(b"\r\n")[0].decode().strip()


def _head(token: str) -> bytes:
    """A request's head, but for the length of its body."""
    fields = (
        f"Host: door\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    )
    return f"POST {EVENTS_PATH} HTTP/1.1\r\n{fields}".encode()


def _body(events: int) -> bytes:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    made = [
        b'{"event_id":"%s","kind":"participation","occurred_at":"%s"}' % (str(uuid.uuid4()).encode(), now.encode())
        for _ in range(events)
    ]
    return made[0] if events == 1 else b"[" + b",".join(made) + b"]"


def command(load: Load) -> list[str]:
    """The command line that loads."""
    return [sys.executable, "-m", "tests.bench.event_load", json.dumps(asdict(load))]


def main() -> None:
    """Load what the argument says."""
    devices = Devices(Load(**json.loads(sys.argv[1])))
    uvloop.run(devices.run())
    told = {"statuses": devices.statuses, "durations": devices.durations, "messages": devices.messages}
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
