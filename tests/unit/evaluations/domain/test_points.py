"""What a written grade counts, for every kind of scale."""

import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from evaluations.domain import points
from evaluations.domain.points import grades_from_worst, points_of, words_of, worst_points
from evaluations.domain.scales import STANDARD_SCALES, GradingScale, ScaleKind

every_scale = pytest.mark.parametrize("scale", STANDARD_SCALES.values(), ids=lambda scale: scale.scale_id)


def test_every_kind_of_scale_is_among_the_standard_ones() -> None:
    assert {scale.kind for scale in STANDARD_SCALES.values()} == set(ScaleKind)


def test_kinds_are_told_apart_in_the_domain_alone() -> None:
    """The API names them, and nobody else has to change for a new one (docs/WHERE.md)."""
    evaluations = Path(points.__file__).parents[1]
    naming = {
        path.relative_to(evaluations).as_posix()
        for path in evaluations.rglob("*.py")
        if re.search(r"\bScaleKind\b|scale\.kind\b", path.read_text(encoding="utf-8"))
    }
    assert naming == {"api/school.py", "domain/points.py", "domain/scales.py"}


@every_scale
def test_words_are_the_grades_best_first_and_numbers_have_none(scale: GradingScale) -> None:
    assert words_of(scale) in {(), grades_from_worst(scale)[::-1]}
    assert (words_of(scale) == ()) == all(grade[0].isdigit() for grade in grades_from_worst(scale))


@every_scale
def test_better_grade_counts_more_and_the_worst_the_least(scale: GradingScale) -> None:
    counted = [found for grade in grades_from_worst(scale) if (found := points_of(scale, grade)) is not None]
    assert len(counted) == len(grades_from_worst(scale))
    assert counted == sorted(set(counted))
    assert counted[0] == worst_points(scale)


@every_scale
def test_grades_are_those_a_score_may_have(scale: GradingScale) -> None:
    grades = grades_from_worst(scale)
    assert [scale.canonical(scale.parse(grade)) for grade in grades] == list(grades)
    assert len(set(grades)) == len(grades)
    assert scale.canonical(scale.parse(scale.passing)) in grades


@every_scale
def test_points_of_a_grade_come_to_that_grade_again(scale: GradingScale) -> None:
    for grade in grades_from_worst(scale):
        counted = points_of(scale, grade)
        assert counted is not None
        assert scale.rounded(counted) == grade


@pytest.mark.parametrize(
    ("scale_id", "grade", "counted"),
    [
        ("1-7", "1.0", Fraction(1)),
        ("1-7", "6.55", Fraction(131, 20)),  # a consolidated grade may lie between the steps
        ("1-7", "7.1", None),
        ("1-7", "0.9", None),
        ("1-7", "AD", None),
        ("ad-c", "AD", Fraction(3)),
        ("ad-c", "C", Fraction(0)),
        ("ad-c", "D", None),
        ("ad-c", "3", None),
    ],
)
def test_grade_counts_or_is_none_of_the_scale(scale_id: str, grade: str, counted: Fraction | None) -> None:
    assert points_of(STANDARD_SCALES[scale_id], grade) == counted


def test_numbers_go_from_the_minimum_to_the_maximum() -> None:
    scale = replace(STANDARD_SCALES["5-10"], scale_id="own")
    grades = grades_from_worst(scale)
    assert (worst_points(scale), grades[0], grades[-1], len(grades)) == (Fraction(5), "5.0", "10.0", 51)
