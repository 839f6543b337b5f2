"""From how well somebody did to a grade on the school's scale."""

from decimal import Decimal
from math import floor

from evaluations.domain.scales import GradingScale, ScaleKind

# How well a student did is a bell-shaped number with deviation 1: below this one fails, which 22 in 100 do.
FAILING_BELOW = -0.77
# How far above it the best number or the best letter begins.
_NUMERIC_SPREAD = 3.0
_LETTERS_SPREAD = 1.97


class Marks:
    """The grades of a scale from worst to best, and which of them an achievement earns.

    The passing grade begins at ``FAILING_BELOW`` on every scale, so that schools with different scales compare.
    """

    def __init__(self, scale: GradingScale) -> None:
        self._ladder = _ladder(scale)
        self._passing = self._ladder.index(scale.canonical(scale.parse(scale.passing)))
        spread = _NUMERIC_SPREAD if scale.kind is ScaleKind.NUMERIC else _LETTERS_SPREAD
        self._per_unit = max(1, len(self._ladder) - 1 - self._passing) / spread

    def text(self, achievement: float) -> str:
        """Return the canonical grade for an achievement (mean 0, deviation 1)."""
        rung = self._passing + floor((achievement - FAILING_BELOW) * self._per_unit)
        return self._ladder[min(max(rung, 0), len(self._ladder) - 1)]


def _ladder(scale: GradingScale) -> tuple[str, ...]:
    if scale.minimum is None or scale.maximum is None or scale.step is None:
        return tuple(reversed(scale.letters))
    rungs = int((scale.maximum - scale.minimum) / scale.step) + 1
    return tuple(scale.canonical(scale.minimum + scale.step * Decimal(rung)) for rung in range(rungs))
