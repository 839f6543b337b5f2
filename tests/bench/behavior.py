"""``make bench-behavior``: devices send events to the door, beside two measuring rods taken in the same run.

(a) ``plain``: a plain DRF view that sends a message for each event (``tests/bench/plain_events.py``). (b) ``constant``:
the same server answering a constant after the same token check (``tests/bench/constant_door.py``). All three run on
this machine before one emulator and take turns, round by round; 5,000 students with a token each are the senders. Then
lists of 50 come to the door for a minute, 5,000 events a second, on time whatever is answered.

What the workers do with the events is not measured here yet.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy.local.layout import SOURCE_ROOT, Layout, Ports, read_environment
from deploy.local.run import LocalSystem
from deploy.local.services import Service, granian
from tests.bench.event_load import Load, command
from tests.bench.load import percentiles, wait_until_idle
from tests.support.bare_system import BareSystem
from tests.support.issuer import CLIENT_ID, ISSUER, Issuer, running_issuer
from tests.support.ports import free_port
from tests.support.results import tell

if TYPE_CHECKING:
    from collections.abc import Iterator

STUDENTS, ROUNDS, SECONDS = 5000, 3, 4.0
DEVICES = (1, 8, 32, 128)
WAYS = ("plain", "constant", "ours")
LIST, EVENTS_A_SECOND, LISTS_S, LIST_DEVICES = 50, 5000, 60.0, 16
OVER_PLAIN = {1: 1.0, 8: 3.0, 32: 9.0, 128: 15.0}
OF_CONSTANT = {32: 0.28, 128: 0.4}
RODS = {
    "plain": ("wsgi", "tests.bench.plain_events:application"),
    "constant": ("asgi", "tests.bench.constant_door:app"),
}
_UNLIMITED = {"LIBRETA_EVENTS_A_MINUTE_OF_DEVICE": "1000000", "LIBRETA_EVENTS_A_MINUTE_OF_SCHOOL": "10000000"}
_ON_TIME = 0.98  # of what was due
_PATIENCE_S = 60.0
_ACCEPTED = "202"


@dataclass(frozen=True)
class Doors:
    """Where each way answers, the senders' tokens, and the queue behind."""

    system: LocalSystem
    urls: dict[str, str]
    tokens: str

    def load(self, way: str, **how: Any) -> tuple[dict[str, int], list[float]]:
        """Load one door while the others rest; the statuses and durations. The queue is empty afterwards."""
        pid = self.system.emulator.pid
        assert pid is not None
        wait_until_idle(pid)
        load = Load(self.urls[way], self.tokens, **how)
        with tempfile.TemporaryFile() as said:  # megabytes: through a pipe half a one was lost once
            subprocess.run(command(load), cwd=SOURCE_ROOT, stdout=said, check=True, timeout=load.seconds + _PATIENCE_S)
            said.seek(0)
            found: dict[str, Any] = json.loads(said.read())
        sqs, queue = self.system.emulator.client("sqs"), self.stack["LIBRETA_BEHAVIOR_QUEUE_URL"]
        sqs.purge_queue(QueueUrl=queue)
        return found["statuses"], found["durations"]

    @property
    def stack(self) -> dict[str, str]:
        """The deployed stack's settings."""
        return read_environment(self.system.layout.state_dir / "stack.env")


def measure(doors: Doors, *, rounds: int = ROUNDS, seconds: float = SECONDS) -> dict[str, Any]:
    """Single events by each way with each number of devices: medians of the rounds."""
    figures: dict[str, Any] = {}
    for devices in DEVICES:
        rates: dict[str, list[float]] = {way: [] for way in WAYS}
        durations: dict[str, list[float]] = {way: [] for way in WAYS}
        for _round in range(rounds):
            for way in WAYS:
                statuses, taken = doors.load(way, devices=devices, seconds=seconds)
                if set(statuses) != {_ACCEPTED}:
                    raise RuntimeError(f"{way} answered {statuses}")
                rates[way].append(len(taken) / seconds)
                durations[way] += taken
        for way in WAYS:
            rate, found = statistics.median(rates[way]), percentiles(durations[way])
            figures[f"{way}_{devices}_a_second"] = round(rate)
            figures |= {f"{way}_{devices}_p{percent}_ms": round(found[percent], 2) for percent in (50, 99)}
            shown = f"{rate:7.0f} a second  p50 {found[50]:7.2f}  p99 {found[99]:7.2f} ms"
            sys.stdout.write(f"{devices:>4} devices  {way:<8} {shown}\n")
            sys.stdout.flush()
    return figures


def measure_lists(doors: Doors, *, seconds: float = LISTS_S) -> dict[str, Any]:
    """Lists to our door at the pace of a break."""
    a_second = EVENTS_A_SECOND / LIST
    statuses, taken = doors.load("ours", devices=LIST_DEVICES, seconds=seconds, events=LIST, a_second=a_second)
    found = percentiles(taken)
    return {
        "lists_due": round(seconds * a_second),
        "lists_accepted": statuses.get(_ACCEPTED, 0),
        "lists_refused": sum(statuses.values()) - statuses.get(_ACCEPTED, 0),
        "lists_events_a_second": round(statuses.get(_ACCEPTED, 0) * LIST / seconds),
        **{f"lists_p{percent}_ms": round(found[percent], 2) for percent in (50, 99)},
    }


def judge(figures: dict[str, Any]) -> dict[str, Any]:
    """The issue's bars, and whether each is met."""
    ratios, met = dict[str, float](), dict[str, bool]()
    for rod, bars in (("plain", OVER_PLAIN), ("constant", OF_CONSTANT)):
        for devices in DEVICES:
            ratio = figures[f"ours_{devices}_a_second"] / figures[f"{rod}_{devices}_a_second"]
            ratios[f"to_{rod}_{devices}"] = round(ratio, 2)
            if devices in bars:
                met[f"at {devices} at least {bars[devices]:g} x {rod}"] = ratio >= bars[devices]
    kept = figures["lists_refused"] == 0 and figures["lists_accepted"] >= _ON_TIME * figures["lists_due"]
    met[f"lists of {LIST} at {EVENTS_A_SECOND} events a second, none refused"] = kept
    return {**ratios, "met": met}


def _tokens(issuer: Issuer, path: Path) -> str:
    """The file of one token for each student, of several schools."""
    tokens = [
        issuer.token(
            **{
                "sub": f"00000000-0000-4000-8000-{number:012}",
                "custom:role": "student",
                "custom:school_id": f"escuela-{number % 20:02}",
                "custom:person_id": f"est-{number:05}",
            }
        )
        for number in range(STUDENTS)
    ]
    path.write_text("\n".join(tokens), "ascii")
    return str(path)


def _started(system: LocalSystem) -> Iterator[tuple[str, Service, str]]:
    """The rods beside the door, started."""
    stack = read_environment(system.layout.state_dir / "stack.env")
    for way, (interface, application) in RODS.items():
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        rod = Service(way, [*granian(interface, port), application], profile="web", health_url=f"{url}/healthz")
        rod.start(system.layout, {**stack, **system.environment})
        rod.wait_until_ready(system.layout)
        yield way, rod, url


def main() -> int:
    """Measure; the last line is ``RESULT`` with the figures, and the exit code tells whether every bar was met."""
    with tempfile.TemporaryDirectory(prefix="libreta-bench-") as state_dir, running_issuer() as issuer:
        layout = Layout(Path(state_dir), Ports(free_port(), free_port(), free_port(), free_port()))
        system, rods = BareSystem(layout), list[Service]()
        system.environment |= _UNLIMITED | {
            "LIBRETA_JWKS_URL": issuer.url,
            "LIBRETA_JWT_ISSUER": ISSUER,
            "LIBRETA_USER_POOL_CLIENT_ID": CLIENT_ID,
        }
        system.services = [service for service in system.services if service.name == "events"]
        try:
            system.start()
            urls = {"ours": layout.ports.url("events")}
            for way, rod, url in _started(system):
                rods.append(rod)
                urls[way] = url
            doors = Doors(system, urls, _tokens(issuer, Path(state_dir) / "tokens"))
            figures = measure(doors) | measure_lists(doors)
        finally:
            for rod in rods:
                rod.stop()
            system.stop()
    figures |= judge(figures)
    return tell(figures)


if __name__ == "__main__":
    sys.exit(main())
