"""The mean that is shown says nothing which the exact one does not: checked with fractions on scales of every kind."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from evaluations.domain.consolidation import average, consolidate
from evaluations.domain.evaluation import ScoreState
from evaluations.domain.means import shown_mean
from evaluations.domain.points import points_of, worst_points
from evaluations.domain.scales import STANDARD_SCALES, GradingScale, Rounding, ScaleKind
from tests.unit.evaluations.domain.test_consolidation import OWN_SCALES, given_work

WHOLE = STANDARD_SCALES["1-10"]
FINEST = replace(STANDARD_SCALES["1-10"], final_step=Decimal("0.0001"), final_passing="6.0001")
NEAR = st.sampled_from([0, 1, -1, 3, -7]).map(lambda parts: Fraction(parts, 10**9))


def test_mean_is_not_shown_beyond_the_place_where_its_grade_ends() -> None:
    """Weights 100 and 89.99 of means 7.05 and 8: 7.499..., which rounds to 7."""
    scale = replace(STANDARD_SCALES["1-10"], step=Decimal("0.05"), final_step=Decimal(1))
    grade = consolidate(scale, *given_work(("100", "7.05"), ("89.99", "8.00")))
    assert (grade.value, grade.mean) == ("7", "7.4999")


def test_failing_mean_is_not_shown_as_the_passing_one() -> None:
    scale = STANDARD_SCALES["1-7"]
    work = given_work(("50.01", "3.9"), ("50", "4.0"), ("50", ScoreState.ABSENT))
    grade = consolidate(scale, *work)
    assert (grade.value, grade.verdict, grade.mean) == ("3.9", False, "3.9499")
    equal = consolidate(scale, *given_work(("50", "3.9"), ("50", "4.0"), ("50", ScoreState.ABSENT)))
    assert (equal.value, equal.verdict, equal.mean) == ("4.0", True, "3.9500")


@pytest.mark.parametrize(
    ("scale", "exact", "shown"),
    [
        (WHOLE, "20/3", "6.6667"),  # nothing begins there: the nearer one
        (WHOLE, "22/3", "7.3333"),
        (WHOLE, "599999/100000", "5.9999"),  # comes to 6 and passes, but 6.0000 it is not
        (replace(WHOLE, rounding=Rounding.DOWN), "799999/100000", "7.9999"),
        (replace(WHOLE, rounding=Rounding.HALF_EVEN), "6500001/1000000", "6.5001"),  # 6.5000 would be even: 6
        (replace(WHOLE, rounding=Rounding.HALF_EVEN), "13/2", "6.5000"),
        (FINEST, "600005/100000", "6.00005"),
        (FINEST, "6000049999/1000000000", "6.0000"),
        (FINEST, "6000051/1000000", "6.00005"),  # above the half, below the passing mark: four places have no such
        (STANDARD_SCALES["ad-c"], "149999999/100000000", "1.4999"),
        (STANDARD_SCALES["ad-c"], "3/2", "1.5000"),
    ],
)
def test_mean_is_the_nearest_that_keeps_to_its_side(scale: GradingScale, exact: str, shown: str) -> None:
    assert shown_mean(scale, Fraction(exact)) == shown


@st.composite
def means(draw: st.DrawFn) -> tuple[GradingScale, Fraction]:
    """A scale with a mean of it, often next to where a grade begins or ends."""
    scale = draw(st.sampled_from([*STANDARD_SCALES.values(), *OWN_SCALES, FINEST]))
    scale = replace(scale, rounding=draw(st.sampled_from(Rounding)))
    worst = worst_points(scale)
    best = Fraction(scale.maximum or 0) if scale.kind is ScaleKind.NUMERIC else Fraction(len(scale.letters) - 1)
    half_step = Fraction(scale.grade_step or 1) / 2
    edges = st.integers(0, int((best - worst) / half_step)).map(lambda steps: worst + steps * half_step)
    exact = draw(st.one_of(st.fractions(worst, best), st.builds(lambda edge, off: edge + off, edges, NEAR)))
    return scale, min(max(exact, worst), best)


@given(means())
@example((FINEST, Fraction(6000051, 1000000)))
def test_shown_mean_never_crosses_what_the_exact_one_does_not(found: tuple[GradingScale, Fraction]) -> None:
    scale, exact = found
    text = shown_mean(scale, exact)
    shown = Fraction(text)
    assert scale.rounded(shown) == scale.rounded(exact)
    for mark in {points_of(scale, scale.passing), points_of(scale, scale.grade_passing)}:
        assert mark is not None
        assert (shown >= mark) == (exact >= mark)
    places = len(text.partition(".")[2])
    assert places >= 4
    assert abs(shown - exact) < Fraction(1, 10**places)
    assert shown == exact or (exact * 10**places).denominator > 1  # what has so few places is shown as it is


def test_average_shows_its_mean_the_same_way() -> None:
    scale = replace(STANDARD_SCALES["1-7"], rounding=Rounding.DOWN)
    terms = [consolidate(scale, *given_work(("50", value))) for value in ("4.0", "4.0", "3.9")]
    year = average(scale, terms)
    assert (year.value, year.passing, year.mean) == ("3.9", False, "3.9667")
    assert average(None, terms).mean is None
