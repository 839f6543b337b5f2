"""The consolidated grade: what a student's scores of one section and term come to.

A weighted mean, exact (fractions, never floats), rounded once, at the end, by the school's scale. Weights count
relative to each other, so they need not add up to 100; how much of them there is stands in the result. The mean is
taken over points (``evaluations.domain.points``). Late work counts with the scale's ``late_penalty`` taken off.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Context, Decimal
from fractions import Fraction

from evaluations.domain.evaluation import Evaluation, Score
from evaluations.domain.means import shown_mean
from evaluations.domain.points import points_of, worst_points
from evaluations.domain.scales import GradingScale

_LEFT_OUT = frozenset({"absent", "exempt"})  # their weight goes to the others
_TAKEN_BACK = "void"
_AT_MINIMUM = "missing"
_EXACT = Context(prec=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """A consolidated grade. ``value`` is as the scale rounds and writes it, ``exact`` the mean as a fraction ``a/b``.

    ``mean`` is that fraction for people to read (``domain.means``). These and ``passing`` are ``None`` while nothing
    counts; ``passing`` is what it comes to by now, and ``verdict`` what may be told of it. ``complete``: there are
    evaluations, and each has a score that stands; complete without a value is who was exempt or absent every time. An
    average is complete when all its grades are.
    Weights: of the evaluations counted, and of all there are: relative, no percentages; in an average, one a grade.
    """

    value: str | None = field(default=None, repr=False)
    exact: str | None = field(default=None, repr=False)
    mean: str | None = field(default=None, repr=False)
    passing: bool | None = field(default=None, repr=False)
    complete: bool
    counted: int
    evaluations: int
    weight_counted: Decimal
    weight_total: Decimal

    @property
    def verdict(self) -> bool | None:
        """Whether it passes, once nothing is missing: ``None`` until then, for what is missing may turn it around."""
        return self.passing if self.complete else None


def consolidate(scale: GradingScale, evaluations: Iterable[Evaluation], scores: Mapping[str, Score]) -> Grade:
    """A student's grade from a section's evaluations of one term and the student's scores by evaluation id.

    Without evaluations it is not complete: nothing was taught or set yet.
    """
    every = list(evaluations)
    counted: list[tuple[Fraction, Fraction]] = []
    complete = bool(every)
    for evaluation in every:
        settled, points = _judged(scale, scores.get(evaluation.evaluation_id))
        if points is not None:
            counted.append((Fraction(evaluation.weight), points))
        complete = complete and settled
    return _grade(
        scale,
        counted,
        complete=complete,
        evaluations=len(every),
        weight_total=sum((Fraction(e.weight) for e in every), Fraction(0)),
    )


def average(scale: GradingScale | None, grades: Iterable[Grade]) -> Grade:
    """The plain mean of grades: a year of its terms, a card of its courses.

    It is taken over the grades as they are written on the card, so that whoever reads the card can check it. A grade
    without a value is left out: one that is complete (exempt or absent every time) leaves the average complete, one
    that is not leaves it incomplete. Grades of different scales (``scale`` is ``None``: a school that changed its scale
    between two terms) have no mean: the average has no value and is not complete.
    """
    every = list(grades)
    if scale is None:
        return Grade(
            complete=False,
            counted=0,
            evaluations=len(every),
            weight_counted=Decimal(0),
            weight_total=Decimal(len(every)),
        )
    known = [(grade, points_of(scale, grade.value)) for grade in every if grade.value is not None]
    counted = [(Fraction(1), points) for _, points in known if points is not None]
    complete = bool(every) and all(grade.complete for grade in every) and len(counted) == len(known)
    return _grade(scale, counted, complete=complete, evaluations=len(every), weight_total=Fraction(len(every)))


def course_grade(scale: GradingScale, sections: Iterable[tuple[Grade, bool]]) -> Grade:
    """A course's grade in a term, from those of the student's sections of it, each with whether it is still attended.

    One section's grade is the course's. Who has changed sections has the mean of the written ones; of a section no
    longer attended nothing more can be recorded, so what is missing there leaves the course incomplete only if no
    attended section has a grade.
    """
    every = list(sections)
    if len(every) == 1:
        return every[0][0]
    written = [(grade, attended) for grade, attended in every if grade.value is not None]
    judged = [grade for grade, attended in written if attended] or [grade for grade, _ in written]
    mean = average(scale, [grade for grade, _ in written])
    return replace(mean, complete=bool(judged) and all(grade.complete for grade in judged))


def _grade(
    scale: GradingScale,
    counted: list[tuple[Fraction, Fraction]],
    *,
    complete: bool,
    evaluations: int,
    weight_total: Fraction,
) -> Grade:
    weight = sum((weight for weight, _ in counted), Fraction(0))
    exact = sum((weight * points for weight, points in counted), Fraction(0)) / weight if weight else None
    value = None if exact is None else scale.rounded(exact)
    return Grade(
        value=value,
        exact=None if exact is None else f"{exact.numerator}/{exact.denominator}",
        mean=None if exact is None else shown_mean(scale, exact),
        passing=None if value is None else scale.passes(value),
        complete=complete,
        counted=len(counted),
        evaluations=evaluations,
        weight_counted=_decimal(weight),
        weight_total=_decimal(weight_total),
    )


def _judged(scale: GradingScale, score: Score | None) -> tuple[bool, Fraction | None]:
    """Whether there is nothing more to grade, and the points that count, if any do."""
    if score is None or score.state == _TAKEN_BACK:
        return False, None
    if score.state in _LEFT_OUT:
        return True, None
    if score.state == _AT_MINIMUM:
        return True, worst_points(scale)
    points = None if score.value is None else points_of(scale, score.value)
    if points is None:
        return False, None  # a grade that this scale does not know is as if it was not recorded
    return True, max(worst_points(scale), points - Fraction(scale.late_penalty or 0)) if score.late else points


def _decimal(weight: Fraction) -> Decimal:
    """A sum of decimals as a decimal again: its denominator divides a power of ten, so this is exact."""
    return _EXACT.divide(Decimal(weight.numerator), Decimal(weight.denominator))
