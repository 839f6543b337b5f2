"""What the government is told while teachers, and two workers that look at what is pending, write at the same moment.

Threads, not a chosen order: whatever the order was, the last that is told of each grade is what stands, under a number
of its own that never goes back, and nothing stays marked.
"""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

import pytest

from edu.dynamo.errors import StoreUnavailableError
from edu.dynamo.transactions import Transaction
from edu.errors import ConflictError
from edu.tenancy import enter_school
from evaluations import services
from evaluations.domain.evaluation import ScoreState
from evaluations.errors import StaleVersionError
from evaluations.repository import stored_evaluations, stored_scores
from evaluations.services.grading import evaluation_cache
from tests.integration.evaluations.gradebook import record, set_evaluation
from tests.support.cloud import acting_as
from tests.support.schools import OPEN_TERM, import_school

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from evaluations.services import GovernmentGrade
    from tests.support.cloud import Cloud
    from tests.support.schools import TestSchool

ROUNDS, LASTS_S = 10, 0.8
STUDENTS = 12
VOIDED = 0.3
Name = tuple[str, str]


@pytest.fixture
def class_of_twelve(cloud: Cloud, other_school_id: str) -> Iterator[TestSchool]:
    assert cloud.outputs
    with acting_as("worker"):
        made = import_school(other_school_id, students=STUDENTS)
    with enter_school(other_school_id):
        yield made


class Government:
    """What it was told, in the order in which it was."""

    def __init__(self) -> None:
        self.latest: dict[Name, GovernmentGrade] = {}
        self.contents: dict[tuple[str, str, int], tuple[str, str | None]] = {}
        self.faults: list[str] = []

    def take(self, grade: GovernmentGrade) -> None:
        name = (grade.evaluation_id, grade.student_id)
        said = (str(grade.state), grade.value)
        if self.contents.setdefault((*name, grade.version), said) != said:
            self.faults.append("one number with two contents")
        before = self.latest.get(name)
        if before and before.version > grade.version:
            self.faults.append("a version that goes back")
        self.latest[name] = grade


def acknowledge(grades: list[GovernmentGrade]) -> None:
    """Of each grade by itself, as a batch that leaves out those whose marks are later."""
    for grade in grades:
        transaction = Transaction()
        key = (grade.evaluation_id, grade.student_id, grade.version)
        services.acknowledge_grades(transaction, OPEN_TERM, [key])
        transaction.try_commit()


class Writers:
    """What teachers and workers do, each at random and again and again."""

    def __init__(self, school: TestSchool, evaluation_ids: list[str]) -> None:
        self.school, self.ids = school, evaluation_ids
        self.government, self.chance = Government(), random.Random()  # noqa: S311 - not for secrets
        self.remembered = [evaluation_cache.get_stored(evaluation_id) for evaluation_id in evaluation_ids]

    def change_standing(self) -> None:
        standing = stored_evaluations.get_evaluation(self.chance.choice(self.ids))
        change = services.reinstate_evaluation if standing.cancelled else services.cancel_evaluation
        place: dict[str, Any] = {"actor": self.school.teacher, "evaluation_id": standing.evaluation_id}
        change(**place, version=standing.version, reason="Por error")
        time.sleep(self.chance.random() / 5)

    def write(self) -> None:
        """A score by a process that may remember its evaluation as it was in the beginning."""
        evaluation_id, student_id = self.chance.choice(self.ids), self.chance.choice(self.school.students).student_id
        evaluation_cache.remember(self.chance.choice(self.remembered))
        place: dict[str, Any] = {
            "actor": self.school.teacher,
            "evaluation_id": evaluation_id,
            "student_id": student_id,
        }
        result: dict[str, Any] = {"state": ScoreState.RECORDED, "value": f"{self.chance.randint(10, 70) / 10}"}
        stands = stored_scores.get_scores([(evaluation_id, student_id)])
        if not stands:
            services.record_score(**place, **result)
        elif self.chance.random() < VOIDED:
            services.void_score(**place, version=stands[0].version, reason="Por error")
        else:
            services.correct_score(**place, **result, version=stands[0].version, reason="Por error")

    def sync(self) -> None:
        """What is pending is told, acknowledged a moment later, and lost now and then."""
        told = services.list_pending_grades(term_id=OPEN_TERM, limit=self.chance.randint(1, 30))
        for grade in told:
            self.government.take(grade)
        time.sleep(self.chance.random() / 10)
        acknowledge(told)
        grades = services.list_term_grades(term_id=OPEN_TERM)
        for grade in self.chance.sample(grades, 2):
            if self.government.latest.get((grade.evaluation_id, grade.student_id)) == grade:
                again = Transaction()
                services.mark_pending_again(again, OPEN_TERM, (grade.evaluation_id, grade.student_id, grade.version))
                again.try_commit()

    def look(self) -> None:
        """Another worker spreads what is marked, too."""
        services.list_pending_grades(term_id=OPEN_TERM, limit=100)
        services.list_pending_marks(term_id=OPEN_TERM, limit=100)

    def settle(self) -> None:
        """Whatever is left is told, which is at an end when all is told."""
        for _time in range(3):
            told = services.list_pending_grades(term_id=OPEN_TERM, limit=1000)
            for grade in told:
                self.government.take(grade)
            acknowledge(told)


def again_and_again(act: Callable[[], None], ends_at: float) -> int:
    """How often it was done, refusals and a busy table left out."""
    times = 0
    while time.monotonic() < ends_at:
        with suppress(ConflictError, StaleVersionError, StoreUnavailableError):
            act()
            times += 1
    return times


def test_whatever_the_order_the_last_that_is_told_is_what_stands(class_of_twelve: TestSchool) -> None:
    ids = [set_evaluation(class_of_twelve) for _ in range(2)]
    for evaluation_id in ids:
        record(class_of_twelve, evaluation_id, "6.0")
    writers = Writers(class_of_twelve, ids)
    for _time in range(ROUNDS):
        at_once(writers)
        writers.settle()
        assert writers.government.faults == []
        assert services.list_pending_marks(term_id=OPEN_TERM, limit=1000) == []
        stands = services.list_term_grades(term_id=OPEN_TERM)
        assert writers.government.latest == {(grade.evaluation_id, grade.student_id): grade for grade in stands}


def at_once(writers: Writers) -> None:
    """Everybody, for a while."""
    ends_at = time.monotonic() + LASTS_S
    acts = [writers.change_standing, writers.write, writers.write, writers.sync, writers.look, writers.look]
    with ThreadPoolExecutor(len(acts)) as pool:
        working = [pool.submit(copy_context().run, again_and_again, act, ends_at) for act in acts]
        assert min(one.result() for one in working) > 0
