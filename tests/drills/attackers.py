"""``python -m tests.drills.attackers``: clients that mean harm, all at once, in a process of their own.

Each attack keeps a number of connections busy and opens another, after a moment, for each that the server closes. It
ends by itself; the last line on standard output is JSON: how often each attack was answered what.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import uvloop

from tests.support.raw_http import chunked, head

if TYPE_CHECKING:
    from collections.abc import Iterator

EVENTS_PATH, WRITE_PATH, FORM_PATH = "/api/v1/behavior", "/api/v1/sections/a/evaluations", "/admin/login/"
LARGE_FILE = "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"
AGAIN_S = 1.0
_CHUNKED = {"Transfer-Encoding": "chunked"}


@dataclass(frozen=True)
class Target:
    """What is attacked, by whom, for how long; ``scale`` is the share of the connections."""

    web: str
    door: str
    teacher: str
    student: str
    seconds: float
    scale: float = 1.0


@dataclass(frozen=True)
class Attack:
    """``sent`` on each of so many connections at ``door``, then ``trickled`` every second, until the server answers.

    One that does not read (``reads``) takes nothing of the answer while the time lasts.
    """

    name: str
    door: str
    connections: int
    sent: bytes
    trickled: bytes = b""
    reads: bool = True


def attacks_on(target: Target) -> Iterator[Attack]:
    """All of them."""
    teacher = {"Authorization": f"Bearer {target.teacher}", "Content-Type": "application/json"}
    student = {"Authorization": f"Bearer {target.student}", "Content-Type": "application/json"}
    nobody = {"Authorization": "Bearer a.b.c", "Content-Type": "application/json"}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    half = {"Content-Length": "10000"}
    long_field = head("GET", "/healthz", {"Content-Type": "application/json" + ";a" * 140_000})
    many_fields = head("GET", "/api/v1/sections", {f"X-{n}": ";a" * 1400 for n in range(100)})
    endless = head("POST", WRITE_PATH, teacher | _CHUNKED) + chunked(*[b"x" * 65_536] * 17)
    yield Attack("half bodies of a teacher", target.web, 8, head("POST", WRITE_PATH, teacher | half) + b"{")
    yield Attack("half events of a student", target.door, 1024, head("POST", EVENTS_PATH, student | half) + b"{")
    yield Attack("half sign-in forms", target.web, 8, head("POST", FORM_PATH, form | half) + b"username=")
    yield Attack("trickled bodies", target.web, 16, head("POST", WRITE_PATH, teacher | half), b" ")
    yield Attack("trickled chunks", target.door, 16, head("POST", EVENTS_PATH, nobody | _CHUNKED), b"1\r\n \r\n")
    yield Attack("trickled heads", target.web, 64, b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-A: ", b"a")
    for door in (target.web, target.door):
        yield Attack("idle connections", door, 1100, b"")
        yield Attack("a field of 280 KB", door, 4, long_field)
        yield Attack("280 KB of fields", door, 4, many_fields)
        yield Attack("chunks of a byte", door, 2, head("POST", WRITE_PATH, _CHUNKED) + b"1\r\nx\r\n" * 3000)
    yield Attack("chunks without end", target.web, 4, endless)
    yield Attack("made-up tokens", target.web, 64, head("GET", "/api/v1/sections", nobody))
    yield Attack("readers that take nothing", target.web, 100, head("GET", LARGE_FILE), reads=False)


class Attackers:
    """The connections, and what was answered on them."""

    def __init__(self, target: Target) -> None:
        self._target, self._ends_s = target, time.monotonic() + target.seconds
        self.answers: dict[str, Counter[str]] = {}

    async def run(self) -> None:
        """Attack until the time is over."""
        attacks = list(attacks_on(self._target))
        busy = [self._keep_busy(attack) for attack in attacks for _ in range(self._scaled(attack.connections))]
        await asyncio.gather(*busy)

    def _scaled(self, connections: int) -> int:
        return max(1, round(connections * self._target.scale))

    async def _keep_busy(self, attack: Attack) -> None:
        answers = self.answers.setdefault(attack.name, Counter())
        while self._left_s > 0:
            try:
                answers[await self._answer_to(attack)] += 1
            except OSError:
                answers["reset"] += 1
            await asyncio.sleep(min(AGAIN_S, max(0.0, self._left_s)))

    async def _answer_to(self, attack: Attack) -> str:
        """The status, ``closed`` without one, or ``open`` when the time was over first."""
        address = urlsplit(attack.door)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        try:
            writer.write(attack.sent)
            if not attack.reads:
                writer.transport.pause_reading()  # type: ignore[attr-defined] # it is a socket's
                await asyncio.sleep(self._left_s)
            while self._left_s > 0:
                try:
                    line = await asyncio.wait_for(reader.readline(), 1.0 if attack.trickled else self._left_s)
                    return line.split()[1].decode() if line else "closed"
                except TimeoutError:
                    writer.write(attack.trickled)
            return "open"
        finally:
            writer.close()

    @property
    def _left_s(self) -> float:
        return self._ends_s - time.monotonic()


def command(target: Target) -> list[str]:
    """The command line that attacks."""
    return [sys.executable, "-m", "tests.drills.attackers", json.dumps(asdict(target))]


def main() -> None:
    """Attack what the argument says."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    os.nice(19)  # elsewhere they would not share the processors of who is attacked
    attackers = Attackers(Target(**json.loads(sys.argv[1])))
    uvloop.run(attackers.run())
    sys.stdout.write(json.dumps(attackers.answers) + "\n")


if __name__ == "__main__":
    main()
