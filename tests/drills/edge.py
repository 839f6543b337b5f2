"""``make drill-edge``: every attack on the two doors at once, while a teacher of another school records scores.

Bars: that teacher's p95 is at most twice the quiet one of the same run; the load balancer's question is answered all
the time at both doors; afterwards the doors' memory is within 50 MB of what it was. A write's duration counts from when
it was due, so that one long stop is not one long write. Everything is this run's own: ports, state, emulator. It takes
about three minutes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from deploy.local.layout import SOURCE_ROOT, Layout, Ports, read_environment
from deploy.local.people import Logins, sign_in
from deploy.local.run import LocalSystem
from tests.bench.evaluations import Caller, Teacher
from tests.bench.load import percentiles
from tests.drills import attackers
from tests.support.ports import free_port
from tests.support.results import tell
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import Self

RATIO_P95, MEMORY_MB, HEALTH_S = 2.0, 50.0, 2.0
PACE_S, WARM_UP = 0.1, 20
QUIET_S, ATTACK_S, CALM_S = 20.0, 40.0, 30.0
_PROBE_EVERY_S = 0.25
_UNLIMITED = {"LIBRETA_API_READS": "1000000/minute", "LIBRETA_API_WRITES": "1000000/minute"}


@dataclass
class Health:
    """Asks both doors for their health in a thread until it is left; ``failures`` says when there was none."""

    urls: tuple[str, ...]
    asked: int = 0
    failures: list[str] = field(default_factory=list)
    slowest_s: float = 0.0

    def __enter__(self) -> Self:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask_on)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _ask_on(self) -> None:
        while not self._over.wait(_PROBE_EVERY_S):
            for url in self.urls:
                began_s = time.monotonic()
                self.asked += 1
                try:
                    httpx.get(f"{url}/healthz", timeout=HEALTH_S, trust_env=False).raise_for_status()
                except httpx.HTTPError as error:
                    self.failures.append(f"{url}: {type(error).__name__}")
                self.slowest_s = max(self.slowest_s, time.monotonic() - began_s)


@dataclass(frozen=True)
class Doors:
    """The attacked processes."""

    web: str
    door: str
    pids: tuple[int, ...]

    def memory_mb(self) -> float:
        """What they and their children hold."""
        return sum(_resident_mb(pid) for pid in self.pids)


@dataclass(frozen=True)
class Plan:
    """How long each part takes."""

    quiet_s: float = QUIET_S
    attack_s: float = ATTACK_S
    calm_s: float = CALM_S
    scale: float = 1.0


def drill(doors: Doors, write: Callable[[], object], hostile: tuple[str, str], plan: Plan) -> dict[str, Any]:
    """The figures of one drill: ``write`` records one score; ``hostile`` are a teacher's and a student's tokens."""
    for _ in range(WARM_UP):
        write()
    before_mb = doors.memory_mb()
    quiet = list(_paced(write, plan.quiet_s))
    target = attackers.Target(doors.web, doors.door, *hostile, plan.attack_s, plan.scale)
    with (
        Health((doors.web, doors.door)) as health,
        subprocess.Popen(attackers.command(target), cwd=SOURCE_ROOT, stdout=subprocess.PIPE) as attack,
    ):
        try:
            attacked = list(_paced(write, plan.attack_s))
            peak_mb = doors.memory_mb()
            answers = json.loads(attack.communicate(timeout=plan.attack_s)[0])
        finally:
            attack.kill()  # it has ended by itself, unless something failed
    memory_mb = _settled(doors, before_mb, plan.calm_s)
    quiet_ms, attacked_ms = percentiles(quiet), percentiles(attacked)
    return {
        "writes": [len(quiet), len(attacked)],
        **{f"quiet_p{percent}_ms": round(ms, 2) for percent, ms in quiet_ms.items()},
        **{f"attacked_p{percent}_ms": round(ms, 2) for percent, ms in attacked_ms.items()},
        "ratio_p95": round(attacked_ms[95] / quiet_ms[95], 2),
        "health_asked": health.asked,
        "health_failures": health.failures,
        "health_slowest_ms": round(health.slowest_s * 1000, 1),
        "memory_mb": [round(mb, 1) for mb in (before_mb, peak_mb, memory_mb)],
        "answers": answers,
    }


def judge(figures: dict[str, Any]) -> dict[str, bool]:
    """The bars, and whether each is met."""
    before_mb, _peak_mb, after_mb = figures["memory_mb"]
    return {
        f"p95 at most {RATIO_P95:g} x the quiet one": figures["ratio_p95"] <= RATIO_P95,
        "health answers throughout": not figures["health_failures"],
        f"memory returns to within {MEMORY_MB:g} MB": after_mb - before_mb <= MEMORY_MB,
        "every attack was answered or still open": all(figures["answers"].values()),
    }


def _paced(write: Callable[[], object], seconds: float) -> Iterator[float]:
    """How long after each was due, in ms, writes at a steady pace were answered."""
    began_s = time.monotonic()
    for number in range(int(seconds / PACE_S)):
        due_s = began_s + number * PACE_S
        time.sleep(max(0.0, due_s - time.monotonic()))
        write()
        yield (time.monotonic() - due_s) * 1000


def _settled(doors: Doors, before_mb: float, seconds: float) -> float:
    """The memory once it is back within the bar, or what it is after so many seconds."""
    ends_s = time.monotonic() + seconds
    wait_until(
        lambda: doors.memory_mb() - before_mb <= MEMORY_MB or time.monotonic() > ends_s,
        what="memory to return",
        timeout_s=seconds + 10,
    )
    return doors.memory_mb()


def _resident_mb(pid: int) -> float:
    """The resident memory of a process and its children (proc(5))."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    kib = next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")), 0)
    return kib / 1024 + sum(_resident_mb(int(child)) for child in children)


class System:
    """The local system with its two doors alone, and the people of the drill."""

    def __init__(self, state_dir: Path) -> None:
        self.system = LocalSystem(Layout(state_dir, Ports(free_port(), free_port(), free_port(), free_port())))
        self.system.environment |= _UNLIMITED
        self.system.services = [one for one in self.system.services if one.name in {"web", "events"}]

    def doors(self) -> Doors:
        """The running processes."""
        ports = self.system.layout.ports
        pids = tuple(one.process.pid for one in self.system.services if one.process)
        return Doors(ports.url("web"), ports.url("events"), pids)

    def people(self) -> tuple[Teacher, tuple[str, str]]:
        """A teacher who works, and the tokens of a teacher and a student of another school who attack."""
        logins, web = Logins(self.system.layout), self.system.layout.ports.url("web")
        hostile_school, honest_school = sorted({one.school_id for one in logins.people if one.role == "teacher"})[:2]
        token = self._token(logins, "teacher", honest_school)
        section = Caller(web, token).request("GET", "/api/v1/sections")["results"][0]["section_id"]
        hostile = [self._token(logins, role, hostile_school) for role in ("teacher", "student")]
        return Teacher(web, token, section), (hostile[0], hostile[1])

    def _token(self, logins: Logins, role: str, school_id: str) -> str:
        stack = read_environment(self.system.layout.state_dir / "stack.env")
        emulator = self.system.layout.ports.url("emulator")
        login = logins.one(role, school_id)
        return sign_in(emulator, stack["LIBRETA_USER_POOL_CLIENT_ID"], login, logins.password)


def main() -> int:
    """Drill; the last line is ``RESULT`` with the figures, and the exit code tells whether every bar was met."""
    plan = Plan()
    with tempfile.TemporaryDirectory(prefix="libreta-drill-") as state_dir:
        made = System(Path(state_dir))
        try:
            made.system.start()
            teacher, hostile = made.people()
            writes = WARM_UP + int((plan.quiet_s + plan.attack_s) / PACE_S) + 1
            figures = drill(made.doors(), teacher.at_work(writes), hostile, plan)
        finally:
            made.system.stop()
    figures["met"] = judge(figures)
    return tell(figures)


if __name__ == "__main__":
    sys.exit(main())
