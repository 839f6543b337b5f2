"""Whatever the government answers, whoever dies and whoever comes twice: each grade has one effect, and a run ends.

The services and the table are real; the government is a model in this process that does not honour keys, so that each
sending has its effect. What happens is drawn by Hypothesis.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from edu import clock
from edu.jobs.domain import StepEnd
from edu.tenancy import enter_school
from govsync import services
from govsync.client import Exchange
from govsync.domain.answers import (
    ContractBroken,
    CredentialsRefused,
    Decided,
    HeldPage,
    InProgress,
    NeverReceived,
    NotTaken,
    Unknown,
)
from govsync.domain.batches import SETTLES_AFTER, Batch
from govsync.domain.grades import GradeKey, SubmittedGrade
from govsync.domain.runs import run_id_of
from govsync.domain.states import RunState
from tests.integration.govsync.support import FreeLine, ShiftedClock, pending_count, record_grades
from tests.support.schools import OPEN_TERM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.cloud import Cloud
    from tests.support.schools import TestSchool

MOST_STEPS = 400
SENDS = (
    "ok",
    "taken_answer_lost",
    "lost_on_its_way",
    "arrives_late",
    "not_taken",
    "in_progress",
    "broken_answer_taken",
    "broken_answer_not_taken",
    "key_refused",
    "dies_before",
    "dies_after",
    "another_takes_over",
)
ASKS = ("ok", "ok", "no_answer", "broken_answer", "key_refused", "dies_before", "another_takes_over")
LISTS = ("ok", "ok", "no_answer", "broken_answer", "dies_before")


# What is said to a sending; anything else is a decision on the batch.
_SAID: dict[str, Any] = {
    "taken_answer_lost": Unknown("ReadTimeout"),
    "lost_on_its_way": Unknown("ReadTimeout"),
    "arrives_late": Unknown("ReadTimeout"),
    "not_taken": NotTaken("http_503"),
    "in_progress": InProgress("/batches/1"),
    "broken_answer_taken": ContractBroken("malformed"),
    "broken_answer_not_taken": ContractBroken("malformed"),
    "key_refused": CredentialsRefused("http_401"),
}


class Death(BaseException):
    """The worker was killed here."""


@dataclass
class ModelGovernment:
    """Holds grades, counts effects, and behaves as it is told; when it was told all, it behaves."""

    now: ShiftedClock
    sends: list[str] = field(default_factory=list)
    asks: list[str] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)
    effects: Counter[GradeKey] = field(default_factory=Counter)
    held: dict[tuple[str, str], SubmittedGrade] = field(default_factory=dict)
    taken: dict[str, int] = field(default_factory=dict)
    under_way: list[tuple[datetime, Batch]] = field(default_factory=list)
    take_over: Any = None

    def submit(self, batch: Batch, body: bytes, *, school_id: str, term_id: str) -> Exchange[Any]:  # noqa: ARG002 - the port's
        """Take a batch, or not, and answer, or not."""
        self._arrive()
        behaviour = self.sends.pop(0) if self.sends else "ok"
        if behaviour in {"ok", "taken_answer_lost", "broken_answer_taken", "dies_after", "another_takes_over"}:
            self._take(batch)
        match behaviour:
            case "dies_before" | "dies_after":
                raise Death
            case "in_progress":
                self._take(batch, questions=2)
            case "arrives_late":
                late_at = self.now.now() + SETTLES_AFTER - timedelta(seconds=5)
                self.under_way.append((late_at, batch))
            case "another_takes_over":
                self.take_over()
        return _exchange(_SAID.get(behaviour) or _decision(batch))

    def ask(self, batch: Batch, *, school_id: str, term_id: str) -> Exchange[Any]:  # noqa: ARG002 - the port's
        """Say what became of a batch, or not."""
        self._arrive()
        match self.asks.pop(0) if self.asks else "ok":
            case "no_answer":
                return _exchange(Unknown("ReadTimeout"))
            case "broken_answer":
                return _exchange(ContractBroken("malformed"))
            case "key_refused":
                return _exchange(CredentialsRefused("http_401"))
            case "dies_before":
                raise Death
            case "another_takes_over":
                self.take_over()
        if batch.batch_id not in self.taken:
            return _exchange(NeverReceived())
        if self.taken[batch.batch_id] > 0:
            self.taken[batch.batch_id] -= 1
            return _exchange(InProgress("/batches/1"))
        return _exchange(_decision(batch))

    def list_held(self, *, school_id: str, term_id: str, cursor: str | None, limit: int = 2) -> Exchange[Any]:  # noqa: ARG002
        """List what is held, two a page, or not."""
        match self.lists.pop(0) if self.lists else "ok":
            case "no_answer":
                return _exchange(Unknown("ReadTimeout"))
            case "broken_answer":
                return _exchange(ContractBroken("malformed"))
            case "dies_before":
                raise Death
        start = int(cursor or 0)
        grades = [self.held[name] for name in sorted(self.held)]
        following = str(start + limit) if start + limit < len(grades) else None
        return _exchange(HeldPage(tuple(grades[start : start + limit]), following))

    def _arrive(self) -> None:
        for late_at, batch in list(self.under_way):
            if late_at <= self.now.now():
                self.under_way.remove((late_at, batch))
                self._take(batch)

    def _take(self, batch: Batch, questions: int = 0) -> None:
        self.taken[batch.batch_id] = questions
        for grade in batch.grades:
            self.effects[grade.key] += 1
            self.held[grade.evaluation_id, grade.student_id] = grade


def _decision(batch: Batch) -> Decided:
    return Decided(frozenset(grade.key for grade in batch.grades), {})


def _exchange(answer: Any) -> Exchange[Any]:
    return Exchange("0" * 64, 200, 1, answer, "0" * 64, "submit")


@pytest.fixture
def model(
    as_worker: Cloud,  # noqa: ARG001 - signs as the worker
    school: TestSchool,
    shifted_clock: ShiftedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[ModelGovernment]:
    """The government, in the school's scope."""
    found = ModelGovernment(shifted_clock)
    monkeypatch.setattr("govsync.services.preparing.MAX_BATCH_GRADES", 2)
    for module in ("sending", "reconciling"):
        monkeypatch.setattr(f"govsync.services.{module}.government", lambda: found)
    with enter_school(school.school_id):
        yield found


def step(run_id: str, model: ModelGovernment) -> StepEnd | None:
    """One step of a worker that may die in it; waits are skipped."""
    try:
        result = services.advance_run(run_id=run_id, actor="test", line=FreeLine())
    except Death:
        return None
    if result.until is not None:
        model.now.skip_to(result.until)
    return result.end


@hypothesis_settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
@given(
    sends=st.lists(st.sampled_from(SENDS), max_size=8),
    asks=st.lists(st.sampled_from(ASKS), max_size=8),
    lists=st.lists(st.sampled_from(LISTS), max_size=4),
)
def test_each_grade_has_one_effect_and_the_run_ends(
    model: ModelGovernment, school: TestSchool, sends: list[str], asks: list[str], lists: list[str]
) -> None:
    model.sends, model.asks, model.lists = list(sends), list(asks), list(lists)
    record_grades(school, "5.5", "6.0", "6.9")
    ordinal = services.next_ordinal(term_id=OPEN_TERM)
    run_id = run_id_of(OPEN_TERM, ordinal)
    model.take_over = lambda: services.advance_run(run_id=run_id, actor="another", line=FreeLine())
    model.now.skip_to(clock.now() + timedelta(seconds=1))
    services.start_sync(term_id=OPEN_TERM, actor="somebody", ordinal=ordinal)
    for _step in range(MOST_STEPS):
        assert max(model.effects.values(), default=0) <= 1
        if step(run_id, model) is StepEnd.FINISHED:
            break
    report = services.describe_run(run_id=run_id)
    assert report.run.state is RunState.RECONCILED, report.history[-5:]
    assert set(model.effects.values()) == {1}
    assert pending_count() == 0
    assert report.run.certified == len(model.held)
