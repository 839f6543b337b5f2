"""A school's grade book by chance, as the domain has it, and what of it is in the lake: twice, and in versions."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from evaluations.domain.evaluation import (
    Evaluation,
    EvaluationKind,
    EvaluationPurpose,
    Score,
    ScoreContent,
    ScoreState,
)
from evaluations.domain.points import grades_from_worst
from evaluations.domain.scales import STANDARD_SCALES
from evaluations.domain.school import School, Term
from evaluations.repository.lake_rows import row_of_evaluation, row_of_score

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from evaluations.domain.grading_policy import GradingPolicy
    from evaluations.domain.scales import GradingScale

TERM = "t-2026-1"
SCHOOL_ID = "colegio-a"
TODAY = date(2026, 6, 1)
SECTIONS = {"mat-5a": "mat-5", "mat-5b": "mat-5", "len-5a": "len-5"}
_STATES = [*([ScoreState.RECORDED] * 12), *ScoreState]
_PURPOSES = [None, None, None, None, EvaluationPurpose.FORMATIVE, EvaluationPurpose.EXTRA_CREDIT]


def school_with(scale: GradingScale | None = None, policy: GradingPolicy | None = None) -> School:
    """A school with the same term in two years."""
    return School(
        school_id=SCHOOL_ID,
        name="Colegio A",
        country="CL",
        time_zone="America/Santiago",
        locale="es-CL",
        scale=scale or STANDARD_SCALES["1-7"],
        terms=(_term("t-2025-1", 2025), _term(TERM, 2026)),
        policy=policy,
    )


def _term(term_id: str, year: int) -> Term:
    return Term(
        term_id=term_id,
        name=term_id,
        starts_on=date(year, 3, 2),
        ends_on=date(year, 7, 3),
        closed=False,
        school_year=year,
    )


@dataclass
class Book:
    """What stands: evaluations that were not deleted, and their scores; and every row that was written of it."""

    school: School
    students: list[str]
    evaluations: dict[str, Evaluation] = field(default_factory=dict)
    scores: dict[tuple[str, str], Score] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    sequence: int = 0

    def of_section(self, section_id: str) -> list[Evaluation]:
        """Its evaluations that stand or are cancelled."""
        return [one for one in self.evaluations.values() if one.section_id == section_id]

    def of_student(self, student_id: str) -> dict[str, Score]:
        """Their scores by evaluation."""
        return {evaluation: score for (evaluation, student), score in self.scores.items() if student == student_id}

    def put_evaluation(self, evaluation: Evaluation, *, deleted: bool = False) -> None:
        """Set it, or its next version."""
        self.evaluations[evaluation.evaluation_id] = evaluation
        self._write("evaluation", evaluation, row_of_evaluation(evaluation, deleted=deleted))
        if deleted:
            del self.evaluations[evaluation.evaluation_id]

    def put_score(self, score: Score) -> None:
        """Record it, or its next version."""
        self.scores[score.evaluation_id, score.student_id] = score
        self._write("score", score, row_of_score(score))

    def _write(self, entity: str, of: Evaluation | Score, row: Any) -> None:
        self.sequence += 7
        names = ("evaluation_id", "section_id", "course_id", "term_id", "version")
        self.rows.append(
            {
                **{name: getattr(of, name) for name in names},
                **row,
                "kind": str(of.kind),
                "entity": entity,
                "school_id": SCHOOL_ID,
                "op": "INSERT",
                "change_id": f"c{self.sequence}",
                "schema_version": 2,
                "sequence": str(self.sequence),
            }
        )


def book_by(random: Random, school: School, *, students: int = 9, evaluations: int = 5) -> Book:
    """A book with everything that makes a score count or not."""
    book = Book(school, [f"est-{number:03d}" for number in range(students)])
    for section_id, course_id in SECTIONS.items():
        for number in range(evaluations):
            evaluation = _evaluation(random, section_id, course_id, number)
            book.put_evaluation(evaluation)
            for score in _scores(random, book, evaluation):
                book.put_score(score)
            match random.randrange(8):
                case 0:
                    book.put_evaluation(evaluation.with_other_standing(at=evaluation.created_at))
                case 1:
                    book.put_evaluation(replace(evaluation, version=2), deleted=True)
                case 2:
                    weight = Decimal(random.randrange(1, 101))
                    book.put_evaluation(replace(evaluation, version=2, weight=weight))
    book.rows += random.sample(book.rows, len(book.rows) // 3)  # delivered again
    random.shuffle(book.rows)
    return book


def _evaluation(random: Random, section_id: str, course_id: str, number: int) -> Evaluation:
    held_on = date(2026, 3, 5) + timedelta(days=random.randrange(80))
    return Evaluation(
        evaluation_id=f"{section_id}-e{number}",
        section_id=section_id,
        course_id=course_id,
        term_id=TERM,
        kind=random.choice(list(EvaluationKind)),
        title="Prueba",
        weight=Decimal(random.choice(["1", "10", "25", "33.33", "0.5"])),
        held_on=held_on,
        version=1,
        created_by="doc-1",
        created_at=datetime(2026, held_on.month, 1, 12, tzinfo=UTC),
        scale_id="1-7",
        purpose=random.choice(_PURPOSES),
    )


def _scores(random: Random, book: Book, evaluation: Evaluation) -> Iterator[Score]:
    grades = grades_from_worst(book.school.scale)
    for student_id in book.students:
        if random.random() < 0.15:
            continue
        score = evaluation.first_score(
            student_id,
            **_content(random, grades),
            by="doc-1",
            at=datetime(2026, 3, 10, tzinfo=UTC) + timedelta(days=random.randrange(70)),
        )
        yield score
        while random.random() < 0.3:
            later = score.recorded_at + timedelta(days=random.randrange(20))
            score = score.corrected(ScoreContent(**_content(random, grades)), by="doc-1", at=later)
            yield score


def _content(random: Random, grades: tuple[str, ...]) -> dict[str, Any]:
    state = random.choice(_STATES)
    if state is not ScoreState.RECORDED:
        return {"state": state, "value": None, "late": False}
    return {"state": state, "value": random.choice(grades), "late": random.random() < 0.2}


def pseudonym_of(student_id: str) -> str:
    """A name in the lake that needs no table, where the student's key would be."""
    return hashlib.sha256(student_id.encode()).hexdigest()[:32]


def pseudonyms(book: Book) -> dict[str, str]:
    """Each student by their name in the lake."""
    return {pseudonym_of(student_id): student_id for student_id in book.students}
