from decimal import Decimal

import pytest

from evaluations.demo.grades import FAILING_BELOW, EarnedGrades
from evaluations.domain.scales import STANDARD_SCALES, GradingScale, ScaleKind

SCALES = pytest.mark.parametrize("scale", STANDARD_SCALES.values(), ids=lambda scale: scale.scale_id)


def rank(scale: GradingScale, text: str) -> Decimal:
    if scale.kind is ScaleKind.LETTERS:
        return Decimal(-scale.letters.index(text))
    return Decimal(text)


@SCALES
def test_better_achievement_never_earns_less(scale: GradingScale) -> None:
    earned = EarnedGrades(scale)
    ranks = [rank(scale, earned.text(step / 50)) for step in range(-300, 300)]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) > 2


@SCALES
def test_passing_begins_at_the_same_achievement_on_every_scale(scale: GradingScale) -> None:
    earned = EarnedGrades(scale)
    assert scale.passes(earned.text(FAILING_BELOW + 0.001))
    assert not scale.passes(earned.text(FAILING_BELOW - 0.001))


@SCALES
def test_extreme_achievements_stay_on_the_scale(scale: GradingScale) -> None:
    earned = EarnedGrades(scale)
    best = scale.letters[0] if scale.letters else scale.canonical(scale.maximum or Decimal(0))
    worst = scale.letters[-1] if scale.letters else scale.canonical(scale.minimum or Decimal(0))
    assert (earned.text(99.0), earned.text(-99.0)) == (best, worst)
