"""What the rest asks of a scale, so that it need not know kinds: what a grade counts, and which grades there are.

A mean is taken over points. Of numbers they are the numbers; of letters the ranks, the worst letter's being 0. The type
checker names every function here that a new ``ScaleKind`` is missing from.
"""

from decimal import Decimal
from fractions import Fraction

from edu.values import decimal_number
from evaluations.domain.scales import GradingScale, ScaleKind


def points_of(scale: GradingScale, grade: str) -> Fraction | None:
    """The points of a written grade, ``None`` when this scale has no such grade.

    A consolidated grade may lie between the steps of the scores, so only its kind and bounds are asked for.
    """
    match scale.kind:
        case ScaleKind.NUMERIC:
            return _number_of(scale, grade)
        case ScaleKind.LETTERS:
            if grade not in scale.letters:
                return None
            return Fraction(len(scale.letters) - 1 - scale.letters.index(grade))


def worst_points(scale: GradingScale) -> Fraction:
    """The points of the worst grade."""
    match scale.kind:
        case ScaleKind.NUMERIC:
            return Fraction(scale.minimum or 0)
        case ScaleKind.LETTERS:
            return Fraction(0)


def best_points(scale: GradingScale) -> Fraction:
    """The points of the best grade."""
    match scale.kind:
        case ScaleKind.NUMERIC:
            return Fraction(scale.maximum or 0)
        case ScaleKind.LETTERS:
            return Fraction(len(scale.letters) - 1)


def grades_from_worst(scale: GradingScale) -> tuple[str, ...]:
    """Every grade that a score may have, as it is stored, the worst first."""
    match scale.kind:
        case ScaleKind.NUMERIC:
            minimum, step = scale.minimum or Decimal(0), scale.step or Decimal(1)
            steps = int(((scale.maximum or minimum) - minimum) / step)
            return tuple(scale.canonical(minimum + step * Decimal(taken)) for taken in range(steps + 1))
        case ScaleKind.LETTERS:
            return scale.letters[::-1]


def words_of(scale: GradingScale) -> tuple[str, ...]:
    """The grades, best first, where they are words to choose from; none where they are numbers."""
    match scale.kind:
        case ScaleKind.NUMERIC:
            return ()
        case ScaleKind.LETTERS:
            return scale.letters


def _number_of(scale: GradingScale, grade: str) -> Fraction | None:
    try:
        number = Fraction(decimal_number(grade))
    except ValueError:
        return None
    return number if worst_points(scale) <= number <= best_points(scale) else None
