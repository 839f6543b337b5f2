"""What a batch of the government sync costs beside its requests: processor time and table calls, by kind of step."""

from __future__ import annotations

import http.client
import json
import statistics
import time
import uuid
from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from structlog.testing import capture_logs

from edu.jobs.domain import StepEnd
from edu.tenancy import enter_school
from govsync import services
from govsync.client import transport
from govsync.domain.batches import MAX_BATCH_GRADES
from tests.drills.sync_grades import seed_school
from tests.integration.govsync.support import API_KEY, RUN_ID, FreeLine, running_government
from tests.support.calls import counted_calls
from tests.support.ports import free_port
from tests.support.schools import OPEN_TERM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BATCHES = 20
_NO_WINDOW_S = 0.000_001
_MOST_STEPS = 20 * BATCHES
_MOVED, _QUIET = "sync moved", "nothing written"


@dataclass
class Cost:
    """What steps of each kind took: processor milliseconds of this process, and calls to the table."""

    requests: list[transport.Request] = field(default_factory=list)
    cpu_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    calls: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    bare_ms: float = 0.0

    @property
    def batch_ms(self) -> float:
        """All steps of the run, its end included, shared by its batches."""
        return sum(map(sum, self.cpu_ms.values())) / BATCHES

    @property
    def figures(self) -> dict[str, float]:
        """For the last line."""
        calls = sum(found.total() for found in self.calls.values()) / BATCHES
        return {
            "batch_cpu_ms": round(self.batch_ms, 2),
            "bare_cpu_ms": round(self.bare_ms, 2),
            "batch_to_bare": round(self.batch_ms / self.bare_ms, 1),
            "batch_table_calls": round(calls, 1),
            "batch_requests": round(len(self.requests) / BATCHES, 2),
        }

    @property
    def lines(self) -> Iterator[str]:
        """A line for each kind of step, named by the transitions that it writes, and the sum."""
        yield f"a batch of {MAX_BATCH_GRADES} grades, in a run of {BATCHES}; processor ms a step (median), table calls"
        for kind, taken in sorted(self.cpu_ms.items(), key=lambda item: -sum(item[1])):
            calls = ", ".join(f"{name} {count / len(taken):.2g}" for name, count in sorted(self.calls[kind].items()))
            yield f"  {len(taken):4} x {statistics.median(taken):6.2f} ms  {kind}: {calls}"
        yield f"  {self.batch_ms:.2f} ms a batch; the same requests in a bare loop {self.bare_ms:.2f} ms a batch"


def cost_of_a_batch(state: Path) -> Cost:
    """Drive one run here, without lanes, to a government that answers at once; then ask it all again in a bare loop."""
    cost, school = Cost(), seed_school(f"escuela-{uuid.uuid4().hex[:6]}-c", BATCHES * MAX_BATCH_GRADES, exams=1)
    with running_government(free_port(), state, _NO_WINDOW_S) as government:
        settings.GOV_API_URL, settings.GOV_API_KEY = government.url, API_KEY
        with enter_school(school.school_id), _noting_requests(cost):
            services.start_sync(term_id=OPEN_TERM, actor="bench")
            _drive(cost)
        government.clear()
        cost.bare_ms = _bare_loop(government.url, cost.requests) / BATCHES
    return cost


def _drive(cost: Cost) -> None:
    line = FreeLine()
    for _step in range(_MOST_STEPS):
        with capture_logs() as logs, counted_calls() as calls:
            began_s = time.process_time()
            result = services.advance_run(run_id=RUN_ID, actor="bench", line=line)
            taken_s = time.process_time() - began_s
        kind = " + ".join(entry["step"] for entry in logs if entry["event"] == _MOVED) or _QUIET
        cost.cpu_ms[kind].append(taken_s * 1000)
        cost.calls[kind].update(calls)
        if result.end is StepEnd.FINISHED:
            return
        if result.until is not None:
            raise RuntimeError(f"a healthy government, and yet a wait after {kind}")
    raise RuntimeError("the run does not end")


def _bare_loop(url: str, requests: list[transport.Request]) -> float:
    """Processor milliseconds of making the requests, each on a connection of its own, and reading their answers."""
    address = urlsplit(url)
    began_s = time.process_time()
    for request in requests:
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
        connection.request(request.method, request.target, request.body or None, dict(request.headers))
        json.loads(connection.getresponse().read())
        connection.close()
    return (time.process_time() - began_s) * 1000


@contextmanager
def _noting_requests(cost: Cost) -> Iterator[None]:
    right = transport.exchange

    def noting(host: Any, request: transport.Request, deadline: Any) -> transport.Response:
        cost.requests.append(request)
        return right(host, request, deadline)

    transport.exchange = noting
    try:
        yield
    finally:
        transport.exchange = right
