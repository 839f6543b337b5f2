"""A school's rules of grading as tables and expressions of a query: the SQL of ``evaluations.domain.consolidation``.

Points are doubles here. Means of the same scores by two orders differ in the fifteenth digit, so a mean passes that is
less than ``TOLERANCE`` under the bound; a mean that truly does lies further off than that, with weights as people set
them. A test holds this against the grade book's exact fractions.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from analytics.queries.sql import literal, values_of
from evaluations.domain.evaluation import EvaluationKind
from evaluations.domain.grading_policy import PLAIN, AbsentRule
from evaluations.domain.points import best_points, points_of, words_of, worst_points

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evaluations.domain.grading_policy import GradingPolicy
    from evaluations.domain.scales import GradingScale
    from evaluations.domain.school import School, Term

TOLERANCE: Final = 1e-9
_NOTHING: Final = "CAST(NULL AS double)"


def rules_tables(school: School, terms: Iterable[Term]) -> str:
    """Two tables of the query's own: ``rules``, a row for a term, and ``kinds``, a row for each of its kinds."""
    every = list(terms)
    rules = values_of(
        "rules",
        "rule_term_id, worst, best, late_penalty, absent_points, passes_from, passes_above, extra_bound",
        (_rule(term.term_id, school.scale_in(term.term_id), school.policy_in(term.term_id) or PLAIN) for term in every),
    )
    kinds = values_of(
        "kinds",
        "kind_term_id, kind_name, kind_share, kind_dropped",
        (
            _kind(term.term_id, kind, school.policy_in(term.term_id) or PLAIN)
            for term in every
            for kind in EvaluationKind
        ),
    )
    return f"{rules}, {kinds}"


def points_sql(school: School, terms: Iterable[Term]) -> str:
    """What a recorded ``value`` is worth in points, NULL for one that the term's scale does not know."""
    by_scale: dict[GradingScale, list[str]] = {}
    for term in terms:
        by_scale.setdefault(school.scale_in(term.term_id), []).append(literal(term.term_id))
    cases = "".join(f" WHEN term_id IN ({', '.join(ids)}) THEN {_points(scale)}" for scale, ids in by_scale.items())
    return f"CASE{cases} END"


def passing_mean(scale: GradingScale) -> tuple[Fraction, bool]:
    """The lowest mean that is rounded to a grade that passes, and whether it does itself (else all above it do)."""
    grade = points_of(scale, scale.grade_passing)
    if grade is None:
        raise ValueError("a scale whose passing grade is none of its own")
    step = Fraction(scale.grade_step or 1)
    for below in (step / 2, Fraction(0)):
        bound = max(grade - below, worst_points(scale))
        if scale.passes(scale.rounded(bound)):
            return bound, True
        if below and scale.passes(scale.rounded(min(bound + step / 1_000_000, best_points(scale)))):
            return bound, False
    return grade, True


def _points(scale: GradingScale) -> str:
    worst, best = number(worst_points(scale)), number(best_points(scale))
    words = words_of(scale)
    if words:
        cases = "".join(f" WHEN {literal(word)} THEN {number(points_of(scale, word) or Fraction(0))}" for word in words)
        return f"(CASE value{cases} END)"
    return f"(CASE WHEN try_cast(value AS double) BETWEEN {worst} AND {best} THEN try_cast(value AS double) END)"


def _rule(term_id: str, scale: GradingScale, policy: GradingPolicy) -> tuple[str, ...]:
    bound, itself = passing_mean(scale)
    worst = number(worst_points(scale))
    absent = worst if policy.absent_rule is AbsentRule.MINIMUM else _NOTHING
    offered = policy.extra_credit_bound
    return (
        literal(term_id),
        worst,
        number(best_points(scale)),
        number(Fraction(scale.late_penalty or 0)),
        absent,
        number(bound),
        number(Fraction(0 if itself else 1)),
        number(Fraction(offered or 0)),
    )


def _kind(term_id: str, kind: EvaluationKind, policy: GradingPolicy) -> tuple[str, ...]:
    weight = policy.weight_of(kind)
    share = _NOTHING if weight is None else number(Fraction(weight))
    return (literal(term_id), literal(str(kind)), share, f"{policy.dropped_of(kind):d}")


def number(value: Fraction) -> str:
    """A number as a double of SQL."""
    return f"CAST({float(value)!r} AS double)"
