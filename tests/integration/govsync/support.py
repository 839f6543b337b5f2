"""What the tests of the sync share: a simulated government, grades to send, and driving a run by hand."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
import pytest

from edu import clock
from edu.aws.credentials import Session
from edu.jobs.domain import StepEnd
from evaluations import services as evaluations
from evaluations.domain.evaluation import ScoreState
from govsync import client, services
from govsync.services.line import Answered, Line
from tests.support.ports import free_port
from tests.support.processes import Process
from tests.support.schools import OPEN_TERM, set_exam
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edu.jobs.domain import StepResult
    from govsync.client import Exchange
    from govsync.domain.answers import BatchAnswer
    from govsync.domain.batches import Batch
    from govsync.services import RunReport
    from tests.support.schools import TestSchool

T = TypeVar("T", bound=Answered)
API_KEY = "made-up-key-of-a-made-up-government"
RUN_ID = f"{OPEN_TERM}-r1"
MOST_STEPS = 300
REAL_WINDOW_S, QUICK_WINDOW_S = 1.0, 0.05


@dataclass(frozen=True)
class Government:
    """A running simulator, told what to do and asked what it saw. Two requests pass in any ``window_s`` seconds.

    ``control`` has its switches' own address, which answers while ``url`` refuses connections. One client for all
    questions: each new one would read the machine's certificates.
    """

    url: str
    state: Path
    process: Process
    window_s: float
    control: httpx.Client

    def clear(self) -> None:
        """As if it had just been started."""
        self.control.delete("/_state").raise_for_status()

    def calm(self) -> None:
        """From now on nothing goes wrong; what it holds stays."""
        self.control.delete("/_faults").raise_for_status()

    def fail(self, **fault: Any) -> None:
        """Script a fault (see ``deploy.government.faults``)."""
        self.fail_in_turn([fault])

    def fail_in_turn(self, faults: list[dict[str, Any]]) -> None:
        """Script faults, which come in this order."""
        self._post({"faults": faults})

    def waiting_faults(self) -> dict[str, int]:
        """For how many requests scripted faults still wait, by what they are ``on``."""
        found: dict[str, int] = self._get("/_faults")["waiting"]
        return found

    def set(self, **conditions: Any) -> None:
        """From now on it behaves so (see ``deploy.government.conditions``); what is not named stays as it is."""
        self._post({"conditions": conditions})

    def refuse(self, student_id: str, reason: str) -> None:
        """From now on take no grade of this student."""
        self._post({"refuse": {student_id: reason}})

    def poison(self, student_id: str, status: int = 422) -> None:
        """From now on refuse whole, with this status, every batch with a grade of this student."""
        self._post({"poison": {student_id: status}})

    def requests(self, operation: str = "") -> list[dict[str, Any]]:
        """The requests it got, in order of arrival."""
        found: list[dict[str, Any]] = self._get("/_requests")["requests"]
        return [request for request in found if operation in {"", request["operation"]}]

    def effects(self) -> int:
        """How many batches took effect."""
        return sum(bool(request["effect"]) for request in self.requests("submit"))

    def grade_effects(self, *, more_than: int = 0) -> list[dict[str, Any]]:
        """Each grade at each version that it applied more than so often: ``times``, and by which ``requests``."""
        found: list[dict[str, Any]] = self._get(f"/_effects?more_than={more_than}")["grades"]
        return found

    def most_in_a_second(self) -> int:
        """How many requests came in any one second at most, by its own clock, let in or not."""
        return int(self._get("/_effects")["most_in_a_second"]["all"])

    def held(self, *, school_id: str = "", term_id: str = "") -> list[dict[str, Any]]:
        """The grades it holds, with school and term, whatever it lists."""
        found: list[dict[str, Any]] = self._get(f"/_held?school={school_id}&term={term_id}")["grades"]
        return found

    def wait_until_quiet(self) -> None:
        """A window has gone by since the last request: what a test's clock skipped has happened for it too."""
        wait_until(lambda: time.time() - self._last_at() > self.window_s, what="a quiet window")

    def change(self, statement: str) -> None:
        """Change its file behind its back."""
        with sqlite3.connect(self.state) as database:
            database.execute(statement)
        database.close()

    def _last_at(self) -> float:
        requests = self.requests()
        return requests[-1]["at_ns"] / 1e9 if requests else 0.0

    def _get(self, path: str) -> Any:
        return self.control.get(path).raise_for_status().json()

    def _post(self, body: dict[str, Any]) -> None:
        content = json.dumps(body)  # in ASCII: some switches are about texts that UTF-8 has no bytes for
        self.control.post("/_faults", content=content).raise_for_status()


@contextmanager
def running_government(
    port: int, state: Path, window_s: float = QUICK_WINDOW_S, *, tls: tuple[Path, Path] | None = None
) -> Iterator[Government]:
    """A simulator process of its own, whose limit is real with ``REAL_WINDOW_S``; ``tls``: its certificate and key."""
    control_port = free_port()
    command = [sys.executable, "-m", "deploy.government", "--port", str(port), "--state", str(state)]
    command += ["--control-port", str(control_port), "--api-key", API_KEY, "--window", str(window_s)]
    command += ["--tls-cert", str(tls[0]), "--tls-key", str(tls[1])] if tls else []
    process = Process(command, {})
    url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    try:
        process.wait_until_ready(lambda: f"on {url}" in process.log, "the government simulator")
        with httpx.Client(base_url=f"http://127.0.0.1:{control_port}", timeout=30, trust_env=False) as control:
            yield Government(url, state, process, window_s, control)
    finally:
        process.stop()


@dataclass
class ShiftedClock:
    """The product's clock in this process, which a test may put forward."""

    shift: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        """The instant, put forward."""
        return datetime.now(UTC) + self.shift

    def skip_to(self, instant: datetime) -> None:
        """Put the clock forward to an instant; never back."""
        self.shift = max(self.shift, instant - datetime.now(UTC))


@contextmanager
def shifted_clock() -> Iterator[ShiftedClock]:
    """The product's clock in this process, to be put forward. AWS's own is not: a session ends when it ends there."""
    shifted = ShiftedClock()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(clock, "now", shifted.now)
        patched.setattr(Session, "lasts", lambda session, margin: session.expires_at - datetime.now(UTC) > margin)
        yield shifted


class FreeLine(Line):
    """A line that is always open, with a lane for whoever asks: for tests of what a run does, not of the limit.

    After each request ``pause_s`` go by.
    """

    def __init__(self, pause_s: float = 0.0) -> None:
        self._pause_s = pause_s

    def require_open(self) -> None:
        """It is."""

    def exchange(self, request: Callable[[], T]) -> T:
        """Make the request."""
        try:
            return request()
        finally:
            time.sleep(self._pause_s)


@dataclass(frozen=True)
class Around:
    """The government as our client calls it, with something done right before and after each sending."""

    called: client.Government
    before: Callable[[], object]
    after: Callable[[], object]

    def submit(self, batch: Batch, body: bytes, **place: str) -> Exchange[BatchAnswer]:
        """Send a batch."""
        self.before()
        exchange = self.called.submit(batch, body, **place)
        self.after()
        return exchange

    def ask(self, batch: Batch, **place: str) -> Exchange[BatchAnswer]:
        """Ask about a batch."""
        return self.called.ask(batch, **place)


@contextmanager
def around_sending(
    *, before: Callable[[], object] = lambda: None, after: Callable[[], object] = lambda: None
) -> Iterator[None]:
    """Have something done around each sending."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("govsync.services.sending.government", lambda: Around(client.government(), before, after))
        yield


@dataclass(frozen=True)
class Driver:
    """Advances a run in the scope of its school as a worker would, skipping the waits."""

    government: Government
    clock: ShiftedClock

    def step(self, run_id: str = RUN_ID) -> StepResult:
        """One step."""
        line = FreeLine(self.government.window_s)
        return services.advance_run(run_id=run_id, actor="test", line=line)

    def step_until(self, event: str, run_id: str = RUN_ID) -> None:
        """Steps until the last thing that happened is ``event``; waits are skipped."""
        for _step in range(MOST_STEPS):
            if services.describe_run(run_id=run_id).history[-1].event == event:
                return
            self.step_once(run_id)
        raise AssertionError(f"the run never comes to {event}")

    def finish(self, run_id: str = RUN_ID) -> RunReport:
        """All the steps there are, which are not too many."""
        for _step in range(MOST_STEPS):
            if self.step_once(run_id).end is StepEnd.FINISHED:
                return services.describe_run(run_id=run_id)
        raise AssertionError(f"the run does not end: {services.describe_run(run_id=run_id).history[-3:]}")

    def skip_wait(self, advance: StepResult) -> None:
        """Let the time a step asked for go by."""
        if advance.until is not None:
            self.government.wait_until_quiet()
            self.clock.skip_to(advance.until)

    def step_once(self, run_id: str = RUN_ID) -> StepResult:
        """One step, and its wait skipped."""
        advance = self.step(run_id)
        self.skip_wait(advance)
        return advance


def record_grades(school: TestSchool, *values: str) -> str:
    """Set an exam in ``mat-5a`` and grade the first students; returns the evaluation's id. In the school's scope."""
    starts_on = next(term for term in school.school.terms if term.term_id == OPEN_TERM).starts_on
    evaluation = set_exam(school, title="Prueba de fracciones", weight=Decimal(25), held_on=starts_on)
    for student, value in zip(school.students, values, strict=False):
        evaluations.record_score(
            actor=school.teacher,
            evaluation_id=evaluation.evaluation_id,
            student_id=student.student_id,
            state=ScoreState.RECORDED if value else ScoreState.ABSENT,
            value=value or None,
        )
    return evaluation.evaluation_id


def pending_count() -> int:
    """How many grades of the term the school in scope still owes the government."""
    return len(evaluations.list_pending_grades(term_id=OPEN_TERM, limit=1000))
