"""How a school makes one grade of many scores, where it is more than one weighted mean (ADR 0032).

The evaluation's kind is its category: exams are one, homework is one. Formative and cancelled evaluations count for
nothing under every policy.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from evaluations.domain.evaluation import WEIGHT_DECIMALS, Evaluation, EvaluationKind, EvaluationPurpose

_MAX_WEIGHT = 100
_MAX_DROPPED = 20
_MAX_BOUND = 10_000
_MAX_BOUND_DECIMALS = 4


class AbsentRule(StrEnum):
    """What an absence counts: nothing, the worst grade, or nothing yet, until it is recorded or exempted."""

    LEFT_OUT = "left_out"
    MINIMUM = "minimum"
    PENDING = "pending"


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """The rule for one kind of evaluation.

    ``weight`` is what the kind counts, relative to the other kinds; of 0 it does not count. ``None``: its evaluations'
    own weights say so. ``drop_lowest``: so many of a student's lowest results of the kind are left out.
    """

    kind: EvaluationKind
    weight: Decimal | None = None
    drop_lowest: int | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for no kind, a weight outside 0 to 100 or with more than two decimals, or a bad number."""
        if not isinstance(self.kind, EvaluationKind):
            raise ValueError("kind: not an EvaluationKind")  # noqa: TRY004 - one error type for every broken invariant
        if self.weight is not None and not _fits(self.weight, _MAX_WEIGHT, WEIGHT_DECIMALS):
            raise ValueError(f"weight: not 0 to {_MAX_WEIGHT} with at most {WEIGHT_DECIMALS} decimals")
        if self.drop_lowest is not None and not 1 <= self.drop_lowest <= _MAX_DROPPED:
            raise ValueError(f"drop_lowest: not 1 to {_MAX_DROPPED}; none is said by leaving it out")


@dataclass(frozen=True, slots=True, kw_only=True)
class GradingPolicy:
    """A school's rules for consolidated grades; one that says nothing is the plain weighted mean.

    ``categories``: a rule for a kind each. If one has a weight, every kind must be there and have one, so that nothing
    is set that counts without anybody having said how much. ``extra_credit_bound``: what extra credit may add at most,
    in points of the scale (of letters: in ranks); ``None``: extra credit adds nothing. ``absent``: ``None`` is left
    out.
    """

    categories: tuple[Category, ...] = ()
    extra_credit_bound: Decimal | None = None
    absent: AbsentRule | None = None

    def __post_init__(self) -> None:
        """Raise ValueError when it contradicts itself. Categories are kept in one order, so that equal is the same."""
        object.__setattr__(self, "categories", tuple(sorted(self.categories, key=lambda category: category.kind)))
        if len({category.kind for category in self.categories}) != len(self.categories):
            raise ValueError("categories: a kind repeats")
        self._check_weights()
        bound = self.extra_credit_bound
        if bound is not None and not (bound and _fits(bound, _MAX_BOUND, _MAX_BOUND_DECIMALS)):
            raise ValueError(f"extra_credit_bound: not above 0 with at most {_MAX_BOUND_DECIMALS} decimals")
        if self.absent is not None and (not isinstance(self.absent, AbsentRule) or self.absent is AbsentRule.LEFT_OUT):
            raise ValueError("absent: minimum or pending; leaving it out says left_out")

    @property
    def says_nothing(self) -> bool:
        """Whether it is the plain weighted mean."""
        return self == PLAIN

    @property
    def absent_rule(self) -> AbsentRule:
        """What an absence counts."""
        return self.absent or AbsentRule.LEFT_OUT

    @property
    def has_weights(self) -> bool:
        """Whether the kinds count by weights of their own."""
        return any(category.weight is not None for category in self.categories)

    def weight_of(self, kind: EvaluationKind) -> Decimal | None:
        """What the kind counts, ``None`` when its evaluations' own weights say so."""
        return next((category.weight for category in self.categories if category.kind is kind), None)

    def dropped_of(self, kind: EvaluationKind) -> int:
        """How many of the lowest results of the kind are left out."""
        return next((category.drop_lowest or 0 for category in self.categories if category.kind is kind), 0)

    def counting(self, evaluations: Iterable[Evaluation]) -> list[Evaluation]:
        """Those that the mean is taken over, and that must be graded for it to be complete."""
        return [e for e in evaluations if not e.cancelled and e.purpose is None and self.weight_of(e.kind) != 0]

    def extra_credit(self, evaluations: Iterable[Evaluation]) -> list[Evaluation]:
        """Those that add to the mean: none where there is no bound."""
        if self.extra_credit_bound is None:
            return []
        return [e for e in evaluations if not e.cancelled and e.purpose is EvaluationPurpose.EXTRA_CREDIT]

    def _check_weights(self) -> None:
        if not self.has_weights:
            return
        weights = [self.weight_of(kind) for kind in EvaluationKind]
        if None in weights:
            missing = sorted(kind for kind in EvaluationKind if self.weight_of(kind) is None)
            raise ValueError(f"categories: without a weight, though others have one: {', '.join(missing)}; 0 is one")
        if not any(weights):
            raise ValueError("categories: no kind counts")


def _fits(number: Decimal, most: int, decimals: int) -> bool:
    """Whether it lies between 0 and ``most`` and has at most so many decimals."""
    if not number.is_finite() or not 0 <= number <= most:
        return False
    exponent = number.normalize().as_tuple().exponent
    return isinstance(exponent, int) and -exponent <= decimals


PLAIN = GradingPolicy()
