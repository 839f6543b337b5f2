"""Whatever the order of grading, voiding, cancelling and closing: one state has one result, and is told in one way.

A history of what people and the sync do, made up by Hypothesis, is done in one school; in another the state it ends in
is written straight away. Neither the grades nor what is told may tell them apart.
"""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from edu.dynamo.transactions import Transaction
from edu.identity.principal import Principal, Role
from edu.tenancy import enter_school
from evaluations import services
from evaluations.domain.evaluation import ScoreState
from evaluations.errors import EvaluationCancelledError
from evaluations.repository import stored_evaluations, stored_scores
from evaluations.services import GovernmentGrade
from evaluations.services.grading import evaluation_cache
from tests.integration.evaluations.gradebook import SECTION, set_evaluation
from tests.support.cloud import acting_as
from tests.support.depth import depth
from tests.support.schools import OPEN_TERM, TestSchool, import_school

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evaluations.domain.consolidation import Grade
    from tests.support.cloud import Cloud

EVALUATIONS, STUDENTS = 2, 2
Place = tuple[int, int]  # which evaluation, which student
GRADED: tuple[Place, ...] = ((0, 0), (0, 1), (1, 0))  # before anything else happens
Step = tuple[Literal["write", "void", "turn", "close", "tell", "acknowledge", "sync"], Place, str, bool]

_PLACES = st.tuples(st.integers(0, EVALUATIONS - 1), st.integers(0, STUDENTS - 1))
_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["write", "void", "turn", "turn", "close", "tell", "acknowledge", "sync"]),
        _PLACES,
        st.sampled_from(["1.0", "4.0", "6.5", ""]),
        st.booleans(),  # a write by a process that remembers no evaluation as cancelled
    ),
    min_size=4,
    max_size=14,
)


@dataclass(frozen=True)
class State:
    """What stands in the end: what the scores say, which evaluations are cancelled, whether the term is closed."""

    scores: list[tuple[Place, ScoreState, str | None]]
    cancelled: list[int]
    closed: bool


@dataclass
class Term:
    """A section's term in a school of its own, and what the government holds of it."""

    school: TestSchool
    evaluation_ids: list[str] = field(default_factory=list)
    closed: bool = False
    read: list[GovernmentGrade] = field(default_factory=list)
    held: dict[tuple[str, str], GovernmentGrade] = field(default_factory=dict)
    contents: dict[tuple[str, str, int], tuple[str, str | None]] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def of_new_school(cls) -> Iterator[Term]:
        """A term with evaluations of unequal weight in which nobody is graded yet, in its school's scope."""
        with acting_as("worker"):
            school = import_school(f"orden-{uuid.uuid4().hex[:10]}", students=STUDENTS)
        with enter_school(school.school_id):
            yield cls(school, [set_evaluation(school, str(30 + 40 * n)) for n in range(EVALUATIONS)])

    @property
    def writer(self) -> Principal:
        """Who may write now."""
        return self.admin if self.closed else self.school.teacher

    @property
    def admin(self) -> Principal:
        """An administrator of the school."""
        return Principal("direccion", Role.SCHOOL_ADMIN, self.school.school_id)

    def names(self, place: Place) -> dict[str, Any]:
        """The place as services take it."""
        evaluation, student = place
        student_id = self.school.students[student].student_id
        return {"evaluation_id": self.evaluation_ids[evaluation], "student_id": student_id}

    def do(self, step: Step) -> None:
        """One step; what is refused because the evaluation is cancelled changes nothing."""
        what, place, value, unaware = step
        if unaware and what in {"write", "void"}:
            self._forget_cancellation(place)
        try:
            match what:
                case "write":
                    self.write(place, ScoreState.RECORDED if value else ScoreState.ABSENT, value or None)
                case "void":
                    self.void(place)
                case "turn":
                    self.turn(place[0])
                case "close":
                    self.close()
                case "tell":
                    self.tell()
                case "acknowledge":
                    self.acknowledge()
                case "sync":
                    self.tell()
                    self.acknowledge()
        except EvaluationCancelledError:
            standing = stored_evaluations.get_evaluation(self.evaluation_ids[place[0]])
            assert standing.cancelled

    def write(self, place: Place, state: ScoreState, value: str | None) -> None:
        """A first score, or a correction."""
        names = self.names(place)
        found = stored_scores.get_scores([(names["evaluation_id"], names["student_id"])])
        said: dict[str, Any] = {"actor": self.writer, **names, "state": state, "value": value, "reason": "Así fue"}
        if found:
            services.correct_score(**said, version=found[0].version)
        else:
            services.record_score(**said)

    def void(self, place: Place) -> None:
        """Void the score, if there is one."""
        names = self.names(place)
        for found in stored_scores.get_scores([(names["evaluation_id"], names["student_id"])]):
            services.void_score(actor=self.writer, **names, version=found.version, reason="Copió")

    def turn(self, evaluation: int) -> None:
        """Cancel the evaluation, or reinstate it."""
        standing = stored_evaluations.get_evaluation(self.evaluation_ids[evaluation])
        change = services.reinstate_evaluation if standing.cancelled else services.cancel_evaluation
        evaluation_id = standing.evaluation_id
        change(actor=self.writer, evaluation_id=evaluation_id, version=standing.version, reason="Por error")

    def close(self) -> None:
        """Close the term, or open it again."""
        if self.closed:
            services.reopen_term(actor=self.admin, term_id=OPEN_TERM, reason="Faltaba algo")
        else:
            services.close_term(actor=self.admin, term_id=OPEN_TERM)
        self.closed = not self.closed

    def tell(self) -> None:
        """The sync reads what is pending: it is on its way."""
        self.read = services.list_pending_grades(term_id=OPEN_TERM, limit=100)
        for grade in self.read:
            content = (str(grade.state), grade.value)
            key = (grade.evaluation_id, grade.student_id, grade.version)
            assert self.contents.setdefault(key, content) == content, "a number of two contents"

    def acknowledge(self) -> None:
        """What was read last arrives, and is acknowledged grade by grade."""
        for grade in self.read:
            name = (grade.evaluation_id, grade.student_id)
            if name not in self.held or self.held[name].version <= grade.version:
                self.held[name] = grade
            transaction = Transaction()
            services.acknowledge_grades(transaction, OPEN_TERM, [(*name, grade.version)])
            transaction.try_commit()

    def grades(self) -> list[Grade | None]:
        """The students' consolidated grades."""
        found = services.get_section_grades(actor=self.school.teacher, section_id=SECTION, term_id=OPEN_TERM)
        assert not found.stale
        return [line.grade for line in found.lines]

    def told(self) -> dict[Place, tuple[str, str | None]]:
        """What the government holds, by place."""
        positions = {evaluation_id: position for position, evaluation_id in enumerate(self.evaluation_ids)}
        students = {student.student_id: position for position, student in enumerate(self.school.students)}
        return {
            (positions[evaluation_id], students[student_id]): (str(grade.state), grade.value)
            for (evaluation_id, student_id), grade in self.held.items()
        }

    def require_nothing_lost(self) -> None:
        """Every grade is held as it is, or pending as it is."""
        pending = {key[:2]: key[2] for key in services.list_pending_marks(term_id=OPEN_TERM, limit=100)}
        for grade in services.list_term_grades(term_id=OPEN_TERM):
            name = (grade.evaluation_id, grade.student_id)
            is_held = name in self.held and self.held[name].version == grade.version
            assert is_held or pending.get(name) == grade.version, (grade, pending)

    def settle(self) -> None:
        """The sync goes on until nothing is pending."""
        self.tell()
        self.acknowledge()
        assert services.list_pending_marks(term_id=OPEN_TERM, limit=100) == []
        assert sorted(self.held.values(), key=_position) == services.list_term_grades(term_id=OPEN_TERM)

    def state(self) -> State:
        """The state that it is in."""
        scores = [
            ((evaluation, student), score.state, score.value)
            for evaluation, evaluation_id in enumerate(self.evaluation_ids)
            for student, person in enumerate(self.school.students)
            for score in stored_scores.get_scores([(evaluation_id, person.student_id)])
        ]
        standing = map(stored_evaluations.get_evaluation, self.evaluation_ids)
        return State(scores, [position for position, found in enumerate(standing) if found.cancelled], self.closed)

    def write_straight(self, state: State) -> None:
        """Write a state: each score once, then what takes something back, then the end of the term."""
        for place, what, value in state.scores:
            if what is ScoreState.VOID:
                self.write(place, ScoreState.ABSENT, None)
                self.void(place)
            else:
                self.write(place, what, value)
        for evaluation in state.cancelled:
            self.turn(evaluation)
        if state.closed:
            self.close()

    def _forget_cancellation(self, place: Place) -> None:
        stored = stored_evaluations.get_stored(self.evaluation_ids[place[0]])
        if stored.evaluation.cancelled and stored.has_scores:
            unaware = replace(stored.evaluation, standing_changes=None, standing_changed_at=None)
            evaluation_cache.remember(replace(stored, evaluation=unaware))


def _position(grade: GovernmentGrade) -> tuple[str, str]:
    return (grade.evaluation_id, grade.student_id)


@hypothesis_settings(
    max_examples=depth(8, 20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    database=None,
)
@given(steps=_STEPS)
def test_same_state_has_the_same_grades_and_is_told_the_same(cloud: Cloud, steps: list[Step]) -> None:
    assert cloud.outputs
    with Term.of_new_school() as term:
        for place in GRADED:
            term.write(place, ScoreState.RECORDED, "5.0")
        for step in steps:
            term.do(step)
        term.require_nothing_lost()
        term.settle()
        state, grades, told = term.state(), term.grades(), term.told()
    with Term.of_new_school() as straight:
        straight.write_straight(state)
        straight.settle()
        assert (straight.state(), straight.grades(), straight.told()) == (state, grades, told)
