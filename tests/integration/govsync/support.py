"""What the tests of the sync share: a simulated government, grades to send, and driving a run by hand."""

from __future__ import annotations

import sqlite3
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from edu.jobs.domain import StepEnd
from evaluations import services as evaluations
from evaluations.domain.evaluation import EvaluationKind, ScoreState
from govsync import services
from tests.support.processes import Process
from tests.support.schools import OPEN_TERM
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edu.jobs.domain import StepResult
    from govsync.services import RunReport
    from tests.support.schools import TestSchool

API_KEY = "made-up-key-of-a-made-up-government"
RUN_ID = f"{OPEN_TERM}-r1"
REAL_WINDOW_S, QUICK_WINDOW_S = 1.0, 0.05


@dataclass(frozen=True)
class Government:
    """A running simulator, told what to do and asked what it saw. Two requests pass in any ``window_s`` seconds."""

    url: str
    state: Path
    process: Process
    window_s: float

    def clear(self) -> None:
        """As if it had just been started."""
        httpx.delete(f"{self.url}/_state", trust_env=False).raise_for_status()

    def fail(self, **fault: Any) -> None:
        """Script a fault (see ``deploy.government.faults``)."""
        self._post({"faults": [fault]})

    def refuse(self, student_id: str, reason: str) -> None:
        """From now on take no grade of this student."""
        self._post({"refuse": {student_id: reason}})

    def poison(self, student_id: str, status: int = 422) -> None:
        """From now on refuse whole, with this status, every batch with a grade of this student."""
        self._post({"poison": {student_id: status}})

    def requests(self, operation: str = "") -> list[dict[str, Any]]:
        """The requests it got, in order of arrival."""
        found = httpx.get(f"{self.url}/_requests", trust_env=False).json()["requests"]
        return [request for request in found if operation in {"", request["operation"]}]

    def effects(self) -> int:
        """How many batches took effect."""
        return sum(bool(request["effect"]) for request in self.requests("submit"))

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

    def _post(self, body: dict[str, Any]) -> None:
        httpx.post(f"{self.url}/_faults", json=body, trust_env=False).raise_for_status()


@contextmanager
def running_government(port: int, state: Path, window_s: float = QUICK_WINDOW_S) -> Iterator[Government]:
    """A simulator process of its own, whose limit is real with ``REAL_WINDOW_S``."""
    command = [sys.executable, "-m", "deploy.government", "--port", str(port), "--state", str(state)]
    process = Process([*command, "--api-key", API_KEY, "--window", str(window_s)], {})
    url = f"http://127.0.0.1:{port}"
    try:
        process.wait_until_ready(lambda: f"on {url}" in process.log, "the government simulator")
        yield Government(url, state, process, window_s)
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


@dataclass(frozen=True)
class Driver:
    """Advances a run in the scope of its school as a worker would, skipping the waits."""

    government: Government
    clock: ShiftedClock

    def step(self, run_id: str = RUN_ID) -> StepResult:
        """One step."""
        return services.advance_run(run_id=run_id, actor="test")

    def step_until(self, event: str, run_id: str = RUN_ID) -> None:
        """Steps until the last thing that happened is ``event``; waits are skipped."""
        while services.describe_run(run_id=run_id).history[-1].event != event:
            self._step_and_skip(run_id)

    def finish(self, run_id: str = RUN_ID) -> RunReport:
        """All the steps there are."""
        while self._step_and_skip(run_id).end is not StepEnd.FINISHED:
            pass
        return services.describe_run(run_id=run_id)

    def skip_wait(self, advance: StepResult) -> None:
        """Let the time a step asked for go by."""
        if advance.until is not None:
            self.government.wait_until_quiet()
            self.clock.skip_to(advance.until)

    def _step_and_skip(self, run_id: str) -> StepResult:
        advance = self.step(run_id)
        self.skip_wait(advance)
        return advance


def record_grades(school: TestSchool, *values: str) -> str:
    """Set an exam in ``mat-5a`` and grade the first students; returns the evaluation's id. In the school's scope."""
    evaluation = evaluations.create_evaluation(
        actor=school.teacher,
        section_id="mat-5a",
        term_id=OPEN_TERM,
        kind=EvaluationKind.EXAM,
        title="Prueba de fracciones",
        weight=Decimal(25),
        held_on=next(term for term in school.school.terms if term.term_id == OPEN_TERM).starts_on,
    )
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
