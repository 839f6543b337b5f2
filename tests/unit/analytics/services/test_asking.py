"""What becomes of a question whose query fails, takes too long or would read too much, with Athena doing as told."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from analytics import athena, services
from analytics.athena import Progress, RunState
from analytics.errors import (
    LakeTooScatteredError,
    QueryFailedError,
    QueryTimedOutError,
    QueryTooLargeError,
    RunNotFoundError,
)
from analytics.lake import snapshots
from analytics.lake.snapshots import MonthSnapshot, Snapshot
from analytics.lake.store import StoredObject
from analytics.queries.pass_rates import PassRates
from analytics.queries.progress import Progress as ProgressQuestion
from analytics.repository import query_runs
from analytics.repository.query_runs import QueryRun
from analytics.services import asking
from edu import clock
from edu.errors import ForbiddenError
from edu.identity.principal import Principal, Role
from edu.tenancy import enter_school
from evaluations import services as evaluations
from tests.unit.analytics.queries.books import SCHOOL_ID, TERM, school_with

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from analytics.domain.datasets import Dataset, Month

ADMIN = Principal("admin", Role.SCHOOL_ADMIN, SCHOOL_ID)


@dataclass
class World:
    """Athena, the runs and the lake, as the test sets them."""

    found: Progress = field(default_factory=lambda: Progress(RunState.DONE, 10, 20))
    error: Exception | None = None
    size: int = 100
    runs: dict[str, QueryRun] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    rows: list[tuple[str | None, ...]] = field(default_factory=lambda: [("mat-5", "mat-5a", "10", "4", "5.0")])

    def start(self, _sql: str, _parameters: Sequence[str], *, token: str) -> str:
        self.tokens.append(token)
        return f"q{len(self.tokens)}"

    def wait(self, _query_id: str, *, wait_s: float) -> Progress:
        assert wait_s <= 3
        if self.error:
            raise self.error
        return self.found

    def take(self, dataset: Dataset, months: Iterable[Month]) -> Snapshot:
        key = f"{dataset.value}/year=2026/month=03/school={SCHOOL_ID}/a.parquet"
        found = StoredObject(key, self.size, "e", clock.now())
        return Snapshot((MonthSnapshot(dataset, max(months), None, loose=(found,)),))

    def put(self, run: QueryRun) -> None:
        self.runs[run.run_id] = run


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    for owner, name, instead in (
        (athena, "start", made.start),
        (athena, "wait", made.wait),
        (athena, "stop", made.stopped.append),
        (athena, "rows_of", lambda _query_id: made.rows),
        (snapshots, "take", made.take),
        (query_runs, "find_run", made.runs.get),
        (query_runs, "put_run", made.put),
        (evaluations, "get_school", school_with),
    ):
        monkeypatch.setattr(owner, name, instead)
    return made


@pytest.fixture(autouse=True)
def in_school() -> Iterator[None]:
    with enter_school(SCHOOL_ID):
        yield


def ask(question: Any = None) -> services.Asked:
    return services.ask(actor=ADMIN, question=question or PassRates(TERM))


def test_answer_has_what_it_cost(world: World) -> None:
    asked = ask()
    assert (asked.state, asked.scanned_bytes, asked.elapsed_ms) == (RunState.DONE, 10, 20)
    assert asked.answer is not None
    assert [(row.students, row.passing) for row in asked.answer.rows] == [(10, 4)]
    assert len(world.tokens) == 1


def test_query_that_failed_is_started_again_when_asked_again_and_not_found_before(world: World) -> None:
    world.error = QueryFailedError("FAILED")
    with pytest.raises(QueryFailedError):
        ask()
    (run,) = world.runs.values()
    with pytest.raises(RunNotFoundError):
        services.look(actor=ADMIN, run_id=run.run_id)
    world.error = None
    assert ask().run_id == run.run_id
    assert len(set(world.tokens)) == 2  # under the first one's token Athena would give the failed one again


def test_query_that_runs_too_long_is_stopped_and_may_be_asked_again(world: World) -> None:
    world.found = Progress(RunState.RUNNING, 5, 1)
    asked = ask()
    assert (asked.answer, asked.state) == (None, RunState.RUNNING)
    run = world.runs[asked.run_id]
    world.runs[asked.run_id] = replace(run, started_at=run.started_at - asking.TIME_LIMIT - timedelta(seconds=1))
    with pytest.raises(QueryTimedOutError):
        services.look(actor=ADMIN, run_id=asked.run_id)
    assert world.stopped == ["q1"]
    assert world.runs[asked.run_id].execution_id is None


def test_question_that_would_read_too_much_starts_nothing(world: World) -> None:
    world.size = asking.MOST_BYTES + 1
    with pytest.raises(QueryTooLargeError):
        ask()
    assert world.tokens == []


def test_statement_longer_than_athena_takes_starts_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(athena, "MOST_STATEMENT_BYTES", 1000)
    with pytest.raises(LakeTooScatteredError):
        ask()
    assert world.tokens == []


def test_same_rows_by_course_are_another_answer(world: World) -> None:
    assert ask().run_id != ask(PassRates(TERM, "course")).run_id
    assert len(world.tokens) == 2


@pytest.mark.parametrize("role", [Role.TEACHER, Role.AUDITOR, Role.STUDENT])
def test_whole_school_is_for_its_administrators(world: World, role: Role) -> None:
    with pytest.raises(ForbiddenError):
        services.ask(actor=Principal("x", role, SCHOOL_ID, "p-1"), question=ProgressQuestion())
    assert world.tokens == []
