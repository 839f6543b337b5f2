"""A mean as people read it: a few decimals that say nothing which the exact mean does not.

Rounding to the nearest decimal can lift a mean over the place where a grade begins: 7.49996 shown as 7.5000 beside a
grade of 7 contradicts it. So a shown mean comes to the same grade as the exact one, and lies on the same side of every
passing mark.
"""

from decimal import Context, Decimal
from fractions import Fraction
from math import ceil, floor

from evaluations.domain.points import points_of
from evaluations.domain.scales import GradingScale

_EXACT = Context(prec=60)
_DECIMALS = 4
_HALF = Fraction(1, 2)


def shown_mean(scale: GradingScale, exact: Fraction) -> str:
    """An exact mean of the scale as a decimal: four places, more only where four would contradict the grade.

    It is the nearer of the two neighbours with so many places unless only the farther one keeps to the mean's side. A
    mean that has no more places is shown as it is, so this ends: the places where a grade begins have five at most.
    """
    decimals = _DECIMALS
    while True:
        for units in _neighbours(exact * 10**decimals):
            shown = Fraction(units, 10**decimals)
            if _same_side(scale, shown, exact):
                return f"{_EXACT.scaleb(Decimal(units), -decimals):f}"
        decimals += 1


def _neighbours(scaled: Fraction) -> tuple[int, int]:
    """The whole numbers around, the nearer one first; of two as near the greater."""
    below, above = floor(scaled), ceil(scaled)
    return (above, below) if scaled - below >= _HALF else (below, above)


def _same_side(scale: GradingScale, shown: Fraction, exact: Fraction) -> bool:
    marks = {points_of(scale, scale.passing), points_of(scale, scale.grade_passing)}
    same_marks = all((shown >= mark) == (exact >= mark) for mark in marks if mark is not None)
    return same_marks and scale.rounded(shown) == scale.rounded(exact)
