"""The mean of a student's results by a school's policy, in exact fractions: what is left out, and what is added."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from operator import attrgetter

from evaluations.domain.evaluation import EvaluationKind
from evaluations.domain.grading_policy import GradingPolicy

_HUNDRED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a student's score in one evaluation is worth, and how much the evaluation counts."""

    kind: EvaluationKind
    weight: Fraction
    points: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """The mean of those results that were kept (``None`` without any), their weight, and how many were dropped."""

    mean: Fraction | None
    counted: int
    weight: Fraction
    dropped: int


def weighed(policy: GradingPolicy, results: Iterable[Result]) -> Weighed:
    """The mean of the kinds' means. What a kind counts does not depend on what of it is dropped.

    That is its category's weight, or what all its results weigh together: a dropped one leaves its weight to the others
    of its kind, and so never makes a grade worse. A kind without results leaves its weight to the other kinds.
    """
    by_kind: dict[EvaluationKind, list[Result]] = {}
    for result in results:
        by_kind.setdefault(result.kind, []).append(result)
    kept = {kind: _without_lowest(every, policy.dropped_of(kind)) for kind, every in by_kind.items()}
    shares = {kind: _share(policy, kind, every) for kind, every in by_kind.items()}
    weights = {kind: _weight(every) for kind, every in kept.items()}
    total = sum(shares.values(), Fraction(0))
    points = sum((_points(every) * shares[kind] / weights[kind] for kind, every in kept.items()), Fraction(0))
    return Weighed(
        mean=points / total if total else None,
        counted=sum(map(len, kept.values())),
        weight=sum(weights.values(), Fraction(0)),
        dropped=sum(len(by_kind[kind]) - len(every) for kind, every in kept.items()),
    )


def added(policy: GradingPolicy, results: Iterable[Result], *, worst: Fraction) -> Fraction:
    """The points that extra credit adds: of each result its weight in hundredths of its height over the worst grade.

    All together at most the policy's bound.
    """
    earned = sum((result.weight / _HUNDRED * (result.points - worst) for result in results), Fraction(0))
    return min(earned, Fraction(policy.extra_credit_bound or 0))


def _without_lowest(results: list[Result], count: int) -> list[Result]:
    """All but the ``count`` lowest, at least one. Of two as low the heavier goes: it is what pulls the student down."""
    ranked = sorted(results, key=lambda result: (result.points, -result.weight))
    return ranked[min(count, len(ranked) - 1) :]


def _share(policy: GradingPolicy, kind: EvaluationKind, results: list[Result]) -> Fraction:
    weight = policy.weight_of(kind)
    return _weight(results) if weight is None else Fraction(weight)


def _points(results: Iterable[Result]) -> Fraction:
    return sum((result.weight * result.points for result in results), Fraction(0))


def _weight(results: Iterable[Result]) -> Fraction:
    return sum(map(attrgetter("weight"), results), Fraction(0))
