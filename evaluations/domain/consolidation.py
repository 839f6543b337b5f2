"""The consolidated grade: what a student's scores of one section and term come to.

A weighted mean, exact (fractions, never floats), rounded once, at the end, by the school's scale. Weights count
relative to each other, so they need not add up to 100; how much of them there is stands in the result. The mean is
taken over points (``evaluations.domain.points``). Late work counts with the scale's ``late_penalty`` taken off. What a
school rules beside (``evaluations.domain.grading_policy``) is weighed in ``evaluations.domain.weighing``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Context, Decimal
from fractions import Fraction

from evaluations.domain.evaluation import Evaluation, Score, ScoreState
from evaluations.domain.grading_policy import PLAIN, AbsentRule, GradingPolicy
from evaluations.domain.means import shown_mean
from evaluations.domain.points import best_points, points_of, worst_points
from evaluations.domain.scales import GradingScale
from evaluations.domain.weighing import Result, Weighed, added, weighed

_EXACT = Context(prec=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """A consolidated grade. ``value`` is as the scale rounds and writes it, ``exact`` the mean as a fraction ``a/b``.

    ``mean`` is that fraction for people to read (``domain.means``). These and ``passing`` are ``None`` while nothing
    counts; ``passing`` is what it comes to by now, and ``verdict`` what may be told of it. ``complete``: there are
    evaluations, and each has a score that stands; complete without a value is who was exempt or absent every time. An
    average is complete when all its grades are.
    ``evaluations``: those that count, so neither formative nor cancelled ones, nor extra credit. Of them ``counted``
    are in the mean, and ``dropped`` were left out as the lowest of their kind (``None``: none was). Weights: of the
    evaluations counted, and of all: relative, no percentages; in an average, one a grade. ``extra``: the points that
    extra credit adds (``None``: nothing); the mean has them in it, as far as the best grade leaves room.
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
    dropped: int | None = None
    extra: Decimal | None = field(default=None, repr=False)

    @property
    def verdict(self) -> bool | None:
        """Whether it passes, once nothing is missing: ``None`` until then, for what is missing may turn it around."""
        return self.passing if self.complete else None


def consolidate(
    scale: GradingScale,
    evaluations: Iterable[Evaluation],
    scores: Mapping[str, Score],
    policy: GradingPolicy | None = None,
) -> Grade:
    """A student's grade from a section's evaluations of one term and the student's scores by evaluation id.

    Without evaluations that count it is not complete: nothing was taught or set yet. ``policy``: the school's, if it
    has one. Extra credit makes no grade of nothing, and one that is missing leaves no grade incomplete.
    """
    rules, every = policy or PLAIN, list(evaluations)
    counting = rules.counting(every)
    judged = [(evaluation, _judged(scale, rules, scores.get(evaluation.evaluation_id))) for evaluation in counting]
    found = weighed(rules, [_result(evaluation, points) for evaluation, (_, points) in judged if points is not None])
    extra = Fraction(0)
    if found.mean is not None:
        offered = [(e, _judged(scale, rules, scores.get(e.evaluation_id))[1]) for e in rules.extra_credit(every)]
        earned = [_result(evaluation, points) for evaluation, points in offered if points is not None]
        extra = added(rules, earned, worst=worst_points(scale))
    return _grade(
        scale,
        found,
        extra=extra,
        complete=bool(counting) and all(settled for _, (settled, _) in judged),
        evaluations=len(counting),
        weight_total=sum((Fraction(e.weight) for e in counting), Fraction(0)),
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
    counted = [points for _, points in known if points is not None]
    weight = Fraction(len(counted))
    mean = sum(counted, Fraction(0)) / weight if counted else None
    return _grade(
        scale,
        Weighed(mean=mean, counted=len(counted), weight=weight, dropped=0),
        complete=bool(every) and all(grade.complete for grade in every) and len(counted) == len(known),
        evaluations=len(every),
        weight_total=Fraction(len(every)),
    )


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
    found: Weighed,
    *,
    complete: bool,
    evaluations: int,
    weight_total: Fraction,
    extra: Fraction = Fraction(0),
) -> Grade:
    exact = None if found.mean is None else min(found.mean + extra, best_points(scale))
    value = None if exact is None else scale.rounded(exact)
    return Grade(
        value=value,
        exact=None if exact is None else f"{exact.numerator}/{exact.denominator}",
        mean=None if exact is None else shown_mean(scale, exact),
        passing=None if value is None else scale.passes(value),
        complete=complete,
        counted=found.counted,
        evaluations=evaluations,
        weight_counted=_decimal(found.weight),
        weight_total=_decimal(weight_total),
        dropped=found.dropped or None,
        extra=_decimal(extra) if extra else None,
    )


def _result(evaluation: Evaluation, points: Fraction) -> Result:
    return Result(kind=evaluation.kind, weight=Fraction(evaluation.weight), points=points)


def _judged(scale: GradingScale, policy: GradingPolicy, score: Score | None) -> tuple[bool, Fraction | None]:
    """Whether there is nothing more to grade, and the points that count, if any do."""
    if score is None:
        return False, None
    match score.state:
        case ScoreState.VOID:
            return False, None
        case ScoreState.EXEMPT:
            return True, None  # its weight goes to the others
        case ScoreState.ABSENT:
            return _absent(scale, policy)
        case ScoreState.MISSING:
            return True, worst_points(scale)
        case ScoreState.RECORDED:
            return _recorded(scale, score)


def _absent(scale: GradingScale, policy: GradingPolicy) -> tuple[bool, Fraction | None]:
    match policy.absent_rule:
        case AbsentRule.LEFT_OUT:
            return True, None
        case AbsentRule.MINIMUM:
            return True, worst_points(scale)
        case AbsentRule.PENDING:
            return False, None


def _recorded(scale: GradingScale, score: Score) -> tuple[bool, Fraction | None]:
    points = None if score.value is None else points_of(scale, score.value)
    if points is None:
        return False, None  # a grade that this scale does not know is as if it was not recorded
    return True, max(worst_points(scale), points - Fraction(scale.late_penalty or 0)) if score.late else points


def _decimal(weight: Fraction) -> Decimal:
    """A sum of decimals, or of their products, as a decimal: its denominator divides a power of ten, so it is exact."""
    return _EXACT.divide(Decimal(weight.numerator), Decimal(weight.denominator))
