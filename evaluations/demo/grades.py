"""From how well somebody did to a grade on the school's scale."""

from math import floor

from evaluations.domain.points import grades_from_worst, words_of
from evaluations.domain.scales import GradingScale

# How well a student did is a bell-shaped number with deviation 1: below this one fails, which 22 in 100 do.
FAILING_BELOW = -0.77
# How far above it the best number or the best word begins.
_NUMBERS_SPREAD = 3.0
_WORDS_SPREAD = 1.97


class EarnedGrades:
    """The grades of a scale from worst to best, and which of them an achievement earns.

    The passing grade begins at ``FAILING_BELOW`` on every scale, so that schools with different scales compare.
    """

    def __init__(self, scale: GradingScale) -> None:
        self._grades = grades_from_worst(scale)
        self._passing = self._grades.index(scale.canonical(scale.parse(scale.passing)))
        spread = _WORDS_SPREAD if words_of(scale) else _NUMBERS_SPREAD
        self._per_unit = max(1, len(self._grades) - 1 - self._passing) / spread

    def text(self, achievement: float) -> str:
        """Return the canonical grade for an achievement (mean 0, deviation 1)."""
        position = self._passing + floor((achievement - FAILING_BELOW) * self._per_unit)
        return self._grades[min(max(position, 0), len(self._grades) - 1)]
