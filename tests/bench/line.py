"""``make bench-line``: requests a second on the line to the government, and what a batch costs beside its requests.

A lane carries a request, waits for its answer and cools for 1.05 s: with an answer time of t the two lanes carry
2 / (1.05 s + t) requests a second, whoever has them. ``manage.py advance_syncs`` sends real runs, of batches of 100
grades, to the simulator, which counts by its own clock once the workers have settled.

Then one run is driven here without lanes, step by step, and its requests are made again by a bare loop: the difference
is what the table, the history and the checks of the answers cost.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
import uuid
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django

if __name__ == "__main__":
    import tests.environment  # noqa: F401 - this run's own settings, before Django's

    django.setup()

from edu.jobs import repository as jobs
from edu.tenancy import enter_school
from govsync import services
from govsync.domain.batches import MAX_BATCH_GRADES
from govsync.domain.lanes import COOLING_S, LANES
from govsync.domain.runs import SYNC
from tests.bench.batch_cost import cost_of_a_batch
from tests.drills.sync_grades import seed_school
from tests.drills.sync_processes import READY
from tests.integration.govsync.line_support import forget_line, most_in_a_second
from tests.integration.govsync.support import API_KEY, REAL_WINDOW_S, running_government
from tests.support.cloud import acting_as, running_cloud
from tests.support.ports import free_port
from tests.support.processes import running_until_stopped
from tests.support.results import tell
from tests.support.schools import OPEN_TERM

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.integration.govsync.support import Government
    from tests.support.cloud import Cloud

BAR = 0.95
ANSWER_TIMES_S, SCHOOLS, WORKERS = (0.0, 0.05, 0.4), (1, 10), (1, 2)
SETTLED_S, MEASURED_S = 6.0, 20.0
# More than two lanes can send while it is measured.
BATCHES = 60


@dataclass(frozen=True)
class Case:
    """What is measured."""

    answer_s: float
    schools: int
    workers: int

    def __str__(self) -> str:
        return f"{self.answer_s * 1000:.0f} ms, {self.schools} schools, {self.workers} workers"

    @property
    def round_s(self) -> float:
        """What the proof takes for a request of each lane."""
        return COOLING_S + self.answer_s


def main() -> int:
    """Measure every case and a batch's cost; exit code 1 when one is below the bar, or a second saw a third request."""
    cases = [Case(*numbers) for numbers in product(ANSWER_TIMES_S, SCHOOLS, WORKERS)]
    shares: dict[str, float] = {}
    most = 0
    with tempfile.TemporaryDirectory(prefix="libreta-bench-") as folder, running_cloud() as cloud, acting_as("worker"):
        with running_government(free_port(), Path(folder) / "state", REAL_WINDOW_S) as government:
            for case in cases:
                arrivals = _measure(cloud, government, case)
                shares[str(case)] = _share(arrivals, case)
                most = max(most, most_in_a_second(arrivals))
                _say(f"{case}: {shares[str(case)]:.1%} of what the proof allows, {len(arrivals)} requests")
        cost = cost_of_a_batch(Path(folder) / "cost")
    for line in cost.lines:
        _say(line)
    met = {"share": min(shares.values()) >= BAR, "limit": most <= len(LANES)}
    shown = {name: round(share, 3) for name, share in shares.items()}
    return tell({"shares": shown, "most_in_a_second": most, **cost.figures, "met": met})


def _measure(cloud: Cloud, government: Government, case: Case) -> list[int]:
    """The arrivals while the workers have settled."""
    government.clear()
    government.set(answer_time_s=case.answer_s)
    with _due_runs(cloud, case.schools), ExitStack() as running:
        for _ in range(case.workers):
            running.enter_context(
                running_until_stopped(
                    cloud,
                    [sys.executable, "-m", "tests.drills.sync_worker", "0"],
                    ready=READY,
                    LIBRETA_LOG_LEVEL="INFO",
                    LIBRETA_GOV_API_URL=government.url,
                    LIBRETA_GOV_API_KEY=API_KEY,
                )
            )
        time.sleep(SETTLED_S)
        from_ns = time.time_ns()
        time.sleep(MEASURED_S)
        return [request["at_ns"] for request in government.requests() if request["at_ns"] > from_ns]


@contextmanager
def _due_runs(cloud: Cloud, schools: int) -> Iterator[None]:
    """A started run of each of so many new schools, together of ``BATCHES`` batches; off the due list afterwards."""
    forget_line(cloud)
    tag = uuid.uuid4().hex[:6]
    for number in range(schools):
        grades = BATCHES * MAX_BATCH_GRADES // schools
        school = seed_school(f"escuela-{tag}-{number}", grades, exams=1)
        with enter_school(school.school_id):
            services.start_sync(term_id=OPEN_TERM, actor="bench")
    try:
        yield
    finally:
        for entry in jobs.list_due(SYNC.name):
            jobs.remove_due(entry)


def _share(arrivals: Sequence[int], case: Case) -> float:
    """Of the requests that the proof allows; 0 when there were too few to tell."""
    rounds_s = [(later - earlier) / 1e9 for earlier, later in zip(arrivals, arrivals[len(LANES) :], strict=False)]
    enough = len(arrivals) >= BAR * len(LANES) * (MEASURED_S - case.round_s) / case.round_s
    return case.round_s / statistics.mean(rounds_s) if rounds_s and enough else 0.0


def _say(line: Any) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
