"""Each question's answer out of the lake is what the grade book itself comes to, rule by rule, by another way."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import TYPE_CHECKING

import pytest

from analytics.domain.at_risk import AtRiskRule
from analytics.domain.datasets import Dataset
from analytics.queries.at_risk import AtRisk
from analytics.queries.grade_distribution import GradeDistribution
from analytics.queries.pass_rates import PassRates
from analytics.queries.progress import OwnPast, Progress
from analytics.queries.questions import Asker, Person
from edu.tenancy import enter_school
from evaluations.domain.consolidation import Grade, consolidate
from evaluations.domain.evaluation import EvaluationKind, ScoreState
from evaluations.domain.grading_policy import AbsentRule, Category, GradingPolicy
from evaluations.domain.points import best_points, worst_points
from evaluations.domain.scales import STANDARD_SCALES, Rounding
from evaluations.repository import lake_rows
from tests.support.depth import depth
from tests.support.lake_in_duckdb import LakeFolder
from tests.unit.analytics.queries.books import (
    SCHOOL_ID,
    SECTIONS,
    TERM,
    TODAY,
    Book,
    book_by,
    pseudonym_of,
    pseudonyms,
    school_with,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evaluations.domain.scales import GradingScale

SEEDS = depth((1,), (1, 2, 3))
_LATE = replace(STANDARD_SCALES["1-7"], late_penalty=Decimal("0.5"), final_step=Decimal("0.1"))
_WEIGHTS = tuple(Category(kind=kind, weight=Decimal(n * 10)) for n, kind in enumerate(EvaluationKind))
CASES: dict[str, tuple[GradingScale, GradingPolicy | None]] = {
    "plain": (STANDARD_SCALES["1-7"], None),
    "late": (_LATE, None),
    "whole": (STANDARD_SCALES["0-20"], GradingPolicy(absent=AbsentRule.MINIMUM)),
    "truncated": (replace(STANDARD_SCALES["0-20"], rounding=Rounding.DOWN), None),
    "even": (replace(STANDARD_SCALES["0-20"], rounding=Rounding.HALF_EVEN), GradingPolicy(absent=AbsentRule.PENDING)),
    "letters": (STANDARD_SCALES["ad-c"], None),
    "kinds": (STANDARD_SCALES["1-7"], GradingPolicy(categories=_WEIGHTS)),
    "dropped": (
        STANDARD_SCALES["1-7"],
        GradingPolicy(
            categories=tuple(Category(kind=kind, drop_lowest=1) for kind in EvaluationKind),
            extra_credit_bound=Decimal("0.5"),
        ),
    ),
}


@pytest.fixture(autouse=True)
def in_school(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(lake_rows, "pseudonym_of", pseudonym_of)
    with enter_school(SCHOOL_ID):
        yield


@pytest.fixture(params=[(name, seed) for name in CASES for seed in SEEDS], ids=lambda case: f"{case[0]}-{case[1]}")
def book(request: pytest.FixtureRequest) -> Book:
    name, seed = request.param
    return book_by(Random(seed), school_with(*CASES[name]))  # noqa: S311 - no secret


@pytest.fixture
def lake(book: Book, tmp_path: Path) -> LakeFolder:
    found = LakeFolder(tmp_path)
    half = len(book.rows) // 2
    found.add(Dataset.GRADES, book.rows[:half], "a.parquet")
    found.add(Dataset.GRADES, book.rows[half:], "b.parquet")
    return found


def grades_of(book: Book) -> dict[tuple[str, str], Grade]:
    """The grade book's own: by section and student, of those with a value."""
    found = {
        (section, student): consolidate(
            book.school.scale, book.of_section(section), book.of_student(student), book.school.policy
        )
        for section in SECTIONS
        for student in book.students
    }
    return {place: grade for place, grade in found.items() if grade.value is not None}


def height_of(book: Book, grade: Grade) -> float:
    scale = book.school.scale
    exact = Fraction(grade.exact or "0/1")
    return float((exact - worst_points(scale)) / (best_points(scale) - worst_points(scale)))


def test_pass_rates_are_the_grade_books(book: Book, lake: LakeFolder) -> None:
    grades = grades_of(book)
    answer = lake.ask(PassRates(TERM), Asker(book.school, TODAY))
    expected = {}
    for section in SECTIONS:
        own = [grade for (place, _), grade in grades.items() if place == section]
        mean = sum(height_of(book, grade) for grade in own) / len(own) if own else 0
        expected[section] = (len(own), sum(bool(grade.passing) for grade in own), pytest.approx(mean, abs=1e-5))
    shown = {row.section_id: (row.students, row.passing, row.mean) for row in answer.rows}
    assert shown == {section: expected[section] for section in shown}
    assert len(shown) + answer.hidden_groups == sum(bool(counts[0]) for counts in expected.values())


def test_a_terms_progress_adds_its_sections_up(book: Book, lake: LakeFolder) -> None:
    grades = grades_of(book)
    (row,) = lake.ask(Progress(), Asker(book.school, TODAY)).rows
    assert (row.term_id, row.ordinal, row.grades) == (TERM, 1, len(grades))
    assert row.passing == sum(bool(grade.passing) for grade in grades.values())


def test_distribution_counts_the_scores_that_count_and_are_recorded(book: Book, lake: LakeFolder) -> None:
    answer = lake.ask(GradeDistribution(TERM), Asker(book.school, TODAY))
    policy = book.school.policy or GradingPolicy()
    counting = {one.evaluation_id: one for one in policy.counting(book.evaluations.values())}
    expected = Counter(
        (counting[evaluation].section_id, score.value)
        for (evaluation, _), score in book.scores.items()
        if evaluation in counting and score.state is ScoreState.RECORDED
    )
    shown = {(row.section_id, row.value): row.scores for row in answer.rows}
    assert shown == {place: count for place, count in expected.items() if place[0] in {key[0] for key in shown}}
    assert shown


def test_students_at_risk_are_named_by_what_the_grade_book_says(book: Book, lake: LakeFolder) -> None:
    grades = grades_of(book)
    failing = Counter(student for (_, student), grade in grades.items() if not grade.passing)
    rule = AtRiskRule(failing_courses=2, needed=1, missing_share=1.0, absences=1000, falling_by=1.0)
    places = {name: Person(student_id, frozenset({"any"})) for name, student_id in pseudonyms(book).items()}
    rows = lake.ask(AtRisk(TERM, rule=rule), Asker(book.school, TODAY, places)).rows
    by_name = {pseudonyms(book)[row.student_pseudonym]: row for row in rows}
    assert {name for name, row in by_name.items() if "failing" in row.signals} == {
        name for name, count in failing.items() if count >= 2
    }
    assert {name: row.failing for name, row in by_name.items()} == {name: failing[name] for name in by_name}


def test_term_without_a_past_is_compared_with_nothing(book: Book, lake: LakeFolder) -> None:
    assert lake.ask(OwnPast(TERM), Asker(book.school, TODAY)).rows == ()
