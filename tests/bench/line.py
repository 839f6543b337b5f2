"""``make bench-line``: requests a second on the line to the government, beside what the limit's proof allows.

A lane carries a request, waits for its answer and cools for 1.05 s: with an answer time of t the two lanes carry
2 / (1.05 s + t) requests a second, whoever has them. Real workers drive runs from the due list against the simulator; a
step writes to the table before its request and after it, as a batch's steps do. The requests are counted by the
simulator's clock, once the workers have settled.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
import uuid
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import django

import tests.environment  # noqa: F401 - this run's own settings, before Django's
from tests.support.ports import free_port
from tests.support.results import tell

if TYPE_CHECKING:
    from tests.integration.govsync.support import Government
    from tests.support.cloud import Cloud

BAR = 0.95
ANSWER_TIMES_S, SCHOOLS, WORKERS = (0.0, 0.05, 0.4), (1, 10), (1, 2)
SETTLED_S, MEASURED_S = 6.0, 20.0
WRITES = 2


@dataclass(frozen=True)
class Case:
    """What is measured."""

    answer_s: float
    schools: int
    workers: int

    def __str__(self) -> str:
        return f"{self.answer_s * 1000:.0f} ms, {self.schools} schools, {self.workers} workers"


def main() -> int:
    """Measure every case; exit code 1 when one is below the bar, or a second saw a third request."""
    django.setup()
    from tests.integration.govsync.support import REAL_WINDOW_S, running_government  # noqa: PLC0415 - needs settings
    from tests.support.cloud import acting_as, running_cloud  # noqa: PLC0415

    state = Path(tempfile.mkdtemp()) / "state"
    cases = [Case(*numbers) for numbers in product(ANSWER_TIMES_S, SCHOOLS, WORKERS)]
    shares: dict[str, float] = {}
    most = 0
    with running_cloud() as cloud, acting_as("worker"), running_government(free_port(), state, REAL_WINDOW_S) as there:
        for case in cases:
            arrivals = _measure(cloud, there, case)
            shares[str(case)] = _share(arrivals, case)
            most = max(most, _most(arrivals))
            sys.stdout.write(f"{case}: {shares[str(case)]:.1%} of what the proof allows, {len(arrivals)} requests\n")
            sys.stdout.flush()
    met = {"share": min(shares.values()) >= BAR, "limit": most <= 2}
    return tell({"shares": {name: round(share, 3) for name, share in shares.items()}, "most": most, "met": met})


def _measure(cloud: Cloud, government: Government, case: Case) -> list[int]:
    """The arrivals while the workers have settled."""
    from tests.integration.govsync.line_support import due_runs, line_worker  # noqa: PLC0415 - needs settings

    government.clear()
    if case.answer_s:
        government.fail(action="answer", on="held", times=10_000, delay_s=case.answer_s)
    name = uuid.uuid4().hex[:6]
    with due_runs(cloud, [f"escuela-{name}-{n}" for n in range(case.schools)]), ExitStack() as running:
        for _ in range(case.workers):
            running.enter_context(line_worker(cloud, government, writes=WRITES))
        time.sleep(SETTLED_S)
        from_ns = time.time_ns()
        time.sleep(MEASURED_S)
        return [request["at_ns"] for request in government.requests() if request["at_ns"] > from_ns]


def _share(arrivals: list[int], case: Case) -> float:
    from govsync.domain.lanes import COOLING_S, LANES  # noqa: PLC0415 - needs settings

    rounds_s = [(later - earlier) / 1e9 for earlier, later in zip(arrivals, arrivals[len(LANES) :], strict=False)]
    return (COOLING_S + case.answer_s) / statistics.mean(rounds_s)


def _most(arrivals: list[int]) -> int:
    from tests.integration.govsync.line_support import most_in_a_second  # noqa: PLC0415 - needs settings

    return most_in_a_second(arrivals)


if __name__ == "__main__":
    sys.exit(main())
