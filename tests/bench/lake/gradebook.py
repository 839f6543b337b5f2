"""A school's grade book over three years: evaluations and scores with their versions, as the stream told of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from analytics.domain.datasets import Dataset
from analytics.domain.schemas import SCHEMA_VERSION
from analytics.lake.files import schema_of
from evaluations.demo.gradebook import _draw_state, plan_evaluations
from evaluations.demo.grades import EarnedGrades
from evaluations.demo.randomness import normal, stream
from evaluations.domain.evaluation import Evaluation, ScoreState
from tests.bench.lake import columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.bench.lake.schools import LakeSchool
    from tests.bench.lake.trouble import HiddenStudent

_DRAWN = (
    *("op", "evaluation_id", "student_pseudonym", "section_id", "course_id", "term_id", "kind", "value", "state"),
    *("version", "recorded_at_epoch_s", "changed_at_epoch_s", "entity", "late", "purpose", "weight", "held_on"),
    "scale_id",
)
_Row = tuple[Any, ...]
_CHANGED = _DRAWN.index("changed_at_epoch_s")
_ABILITY, _DIFFICULTY, _LUCK = 0.76, 0.32, 0.5656  # as in the demo's grade book: their squares add up to 1
_CORRECTED_SHARE, _VOID_SHARE, _HANDED_IN_SHARE = 0.02, 0.1, 0.4
_CANCELLED_SHARE, _REINSTATED_SHARE, _DELETED_SHARE = 0.02, 0.2, 0.005
_STREAM_DELAY_S = 0.4


@dataclass(frozen=True, slots=True)
class _Sitting:
    """An evaluation as its students meet it: in which school year, how hard, and the chance of the day."""

    evaluation: Evaluation
    year: int
    difficulty: float
    rng: Random
    until: datetime


class _Book:
    """One school's rows, not yet in the stream's order."""

    def __init__(self, school: LakeSchool, hidden: Mapping[str, HiddenStudent], names: Mapping[str, str]) -> None:
        self._school, self._hidden, self._names = school, hidden, names
        scales = {term.term_id: school.school.scale_in(term.term_id) for term in school.school.terms}
        self._earned = {term_id: EarnedGrades(scale) for term_id, scale in scales.items()}
        self.rows: list[_Row] = []

    def add(self, evaluation: Evaluation, year: int, members: tuple[str, ...], until: datetime) -> None:
        """An evaluation with all that became of it by the lake's last day."""
        rng = stream(self._school.seed, self._school.school.school_id, evaluation.evaluation_id, "lake")
        self._evaluation(evaluation, "INSERT", 1, "standing", evaluation.created_at)
        if rng.random() < _DELETED_SHARE:
            self._evaluation(evaluation, "MODIFY", 1, "deleted", evaluation.created_at + timedelta(minutes=5))
            return
        sitting = _Sitting(evaluation, year, _DIFFICULTY * normal(rng), rng, until)
        at = evaluation.created_at + timedelta(minutes=55)
        # its first score marks the evaluation: one more row that says the same
        self._evaluation(evaluation, "MODIFY", 1, "standing", at + timedelta(seconds=3))
        for student_id in members:
            at += timedelta(seconds=5 + 20 * rng.random())
            self._score(sitting, self._hidden[student_id], at)
        if rng.random() < _CANCELLED_SHARE:
            self._cancel(sitting, at)

    def _evaluation(self, evaluation: Evaluation, op: str, version: int, state: str, at: datetime) -> None:
        recorded_at_epoch_s = int(evaluation.created_at.timestamp())
        where = (evaluation.section_id, evaluation.course_id, evaluation.term_id, str(evaluation.kind))
        when = (version, recorded_at_epoch_s, at.timestamp() + _STREAM_DELAY_S)
        more = (f"{evaluation.weight:f}", evaluation.held_on.isoformat(), evaluation.scale_id or "")
        row = (op, evaluation.evaluation_id, "", *where, "", state, *when, "evaluation", 0)
        self.rows.append((*row, str(evaluation.stated_purpose), *more))

    def _score(self, sitting: _Sitting, student: HiddenStudent, at: datetime) -> None:
        evaluation, rng = sitting.evaluation, sitting.rng
        ability = student.ability_on(evaluation.held_on, sitting.year)
        state, late = _draw_state(rng, evaluation.kind, ability)
        absence = student.absence_on(evaluation.held_on, sitting.year)
        if state is ScoreState.RECORDED and not late and rng.random() < absence / 2:
            state = ScoreState.ABSENT
        text, ease = self._earned[evaluation.term_id].text, _ABILITY * ability - sitting.difficulty
        value = text(ease + _LUCK * normal(rng)) if state is ScoreState.RECORDED else ""
        self._version(evaluation, student, 1, (str(state), value, late), at)
        again_at = at + timedelta(days=1 + 20 * rng.random())
        if again_at > sitting.until:
            return
        if state is ScoreState.MISSING and rng.random() < _HANDED_IN_SHARE:
            self._version(evaluation, student, 2, ("recorded", text(ease - 0.3), True), again_at)
        elif rng.random() < _CORRECTED_SHARE:
            void = rng.random() < _VOID_SHARE
            says = ("void", "", False) if void else ("recorded", text(ease + 0.4), late)
            self._version(evaluation, student, 2, says, again_at)

    def _version(
        self, evaluation: Evaluation, student: HiddenStudent, version: int, says: tuple[str, str, bool], at: datetime
    ) -> None:
        state, value, late = says
        where = (evaluation.section_id, evaluation.course_id, evaluation.term_id, str(evaluation.kind))
        when = (version, int(at.timestamp()), at.timestamp() + _STREAM_DELAY_S)
        who = ("INSERT" if version == 1 else "MODIFY", evaluation.evaluation_id, self._names[student.student_id])
        self.rows.append(
            (*who, *where, value, state, *when, "score", int(late), str(evaluation.stated_purpose), "", "", "")
        )

    def _cancel(self, sitting: _Sitting, at: datetime) -> None:
        evaluation, rng, until = sitting.evaluation, sitting.rng, sitting.until
        cancelled_at = at + timedelta(days=10 * rng.random())
        again = rng.random() < _REINSTATED_SHARE
        if cancelled_at <= until:
            self._evaluation(evaluation, "MODIFY", 2, "cancelled", cancelled_at)
        if again and cancelled_at + timedelta(days=1) <= until:
            self._evaluation(evaluation, "MODIFY", 3, "standing", cancelled_at + timedelta(days=1))


def grades_of(
    school: LakeSchool, hidden: Mapping[str, HiddenStudent], pseudonyms: Mapping[str, str], as_of: date
) -> pa.Table:
    """The rows of a school's grade book in the stream's order, to the end of the lake's last day."""
    book = _Book(school, hidden, pseudonyms)
    until = datetime.combine(as_of + timedelta(days=1), time(0), UTC)
    for evaluation, year, members in evaluations_of(school, as_of):
        book.add(evaluation, year, members, until)
    return _table(school, sorted(book.rows, key=lambda row: float(row[_CHANGED])))


def evaluations_of(school: LakeSchool, as_of: date) -> Iterator[tuple[Evaluation, int, tuple[str, ...]]]:
    """Every evaluation, the school year it is of, and who is graded in it."""
    for year in school.years:
        begun = [plan for plan in year.plans if plan.term.starts_on < as_of]
        for evaluation in plan_evaluations(school.seed, school.school, year.sections, begun, as_of):
            yield evaluation, year.year, year.members[evaluation.section_id]


def _table(school: LakeSchool, rows: list[_Row]) -> pa.Table:
    school_id, count = school.school.school_id, len(rows)
    schema = schema_of(Dataset.GRADES)
    filled: dict[str, Any] = {
        name: pa.array(values, schema.field(name).type)
        for name, values in zip(_DRAWN, zip(*rows, strict=True), strict=True)
    }
    filled |= {
        "change_id": columns.hex_texts(count, school.seed, school_id, "grade changes"),
        "school_id": columns.same(school_id, count, pa.string()),
        "schema_version": columns.same(SCHEMA_VERSION, count, pa.int32()),
        "sequence": columns.sequences(count),
    }
    return pa.Table.from_arrays([filled[field.name] for field in schema], schema=schema)
