"""What a student was given under any policy, for Hypothesis; and the grade, worked out in another way than ours.

``worked_out`` follows the text of ADR 0032: it tries every set of results that could be dropped, gives each result its
share of the whole, and adds up. It asks nothing of the product but what the input says.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from itertools import combinations

from hypothesis import strategies as st

from evaluations.domain.evaluation import Evaluation, EvaluationKind, EvaluationPurpose, Score, ScoreState
from evaluations.domain.grading_policy import AbsentRule, Category, GradingPolicy
from evaluations.domain.scales import STANDARD_SCALES, GradingScale, Rounding, ScaleKind

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
ROUNDED = {Rounding.HALF_UP: ROUND_HALF_UP, Rounding.HALF_EVEN: ROUND_HALF_EVEN, Rounding.DOWN: ROUND_FLOOR}
OFTEN = [EvaluationKind.EXAM, EvaluationKind.QUIZ, EvaluationKind.HOMEWORK]
SCALES = [*STANDARD_SCALES.values(), replace(STANDARD_SCALES["0-20"], final_step=Decimal("0.5"))]


@dataclass(frozen=True)
class Work:
    """A section's evaluations in a term, a student's scores in them by evaluation id, and how they become a grade."""

    scale: GradingScale
    policy: GradingPolicy
    evaluations: tuple[Evaluation, ...]
    scores: dict[str, Score]


def evaluation(
    number: int,
    weight: str,
    kind: EvaluationKind = EvaluationKind.EXAM,
    purpose: EvaluationPurpose | None = None,
    changes: int | None = None,
) -> Evaluation:
    """The evaluation of this number; ``changes``: how often it was cancelled or reinstated."""
    return Evaluation(
        evaluation_id=f"e{number}",
        section_id="mat-5a",
        course_id="mat-5",
        term_id="t1",
        kind=kind,
        title="x",
        weight=Decimal(weight),
        held_on=date(2026, 5, 4),
        version=1,
        created_by="teacher-1",
        created_at=AT,
        purpose=purpose,
        standing_changes=changes,
        standing_changed_at=AT if changes else None,
    )


def score(of: Evaluation, value: str | ScoreState, *, late: bool = False) -> Score:
    """A student's score in it: a value, or a state without one."""
    state = value if isinstance(value, ScoreState) else ScoreState.RECORDED
    text = None if isinstance(value, ScoreState) else value
    return of.first_score("s1", state=state, value=text, late=late and text is not None, by="teacher-1", at=AT)


def values(scale: GradingScale) -> st.SearchStrategy[str]:
    """The grades of a scale."""
    if scale.kind is ScaleKind.LETTERS:
        return st.sampled_from(scale.letters)
    assert scale.minimum is not None
    assert scale.maximum is not None
    assert scale.step is not None
    minimum, step = scale.minimum, scale.step
    return st.integers(0, int((scale.maximum - minimum) / step)).map(lambda n: scale.canonical(minimum + step * n))


def hundredths(least: int, most: int) -> st.SearchStrategy[Decimal]:
    """Decimals with two places."""
    return st.integers(least, most).map(lambda cents: Decimal(cents) / 100)


@st.composite
def policies(draw: st.DrawFn) -> GradingPolicy:
    """Every kind of policy; one that says nothing is among them."""
    drops = st.sampled_from([None, 1, 1, 2])
    if draw(st.booleans()):
        weights = draw(st.lists(st.sampled_from([0, 0, 10, 30, 45]), min_size=6, max_size=6).filter(any))
        categories = [
            Category(kind=kind, weight=Decimal(weight), drop_lowest=draw(drops))
            for kind, weight in zip(EvaluationKind, weights, strict=True)
        ]
    else:
        kinds = draw(st.sets(st.sampled_from(OFTEN))) | draw(st.sets(st.sampled_from(EvaluationKind), max_size=1))
        categories = [Category(kind=kind, drop_lowest=draw(drops)) for kind in sorted(kinds)]
    return GradingPolicy(
        categories=tuple(categories),
        extra_credit_bound=draw(st.none() | hundredths(1, 300)),
        absent=draw(st.sampled_from([None, AbsentRule.MINIMUM, AbsentRule.PENDING])),
    )


@st.composite
def works(draw: st.DrawFn) -> Work:
    """Anything that a student can have been given: few kinds and few weights, so that there is something to drop."""
    scale = replace(
        draw(st.sampled_from(SCALES)),
        late_penalty=draw(st.sampled_from([None, Decimal("0.25"), Decimal(2)])),
        rounding=draw(st.sampled_from(Rounding)),
    )
    weights = st.sampled_from([Decimal(10), Decimal(20)]) | hundredths(1, 10_000)
    kinds = st.sampled_from(OFTEN)
    purposes = st.sampled_from([None, None, None, EvaluationPurpose.FORMATIVE, EvaluationPurpose.EXTRA_CREDIT])
    changes = st.sampled_from([None, None, None, 1, 2])
    every = [
        evaluation(number, f"{draw(weights)}", draw(kinds), draw(purposes), draw(changes))
        for number in range(draw(st.sampled_from([5, 8, 6, 3, 1, 0])))
    ]
    states = st.sampled_from([state for state in ScoreState if state is not ScoreState.RECORDED])
    best = scale.letters[0] if scale.letters else scale.canonical(scale.maximum or Decimal(0))
    given = values(scale) | values(scale) | st.just(best) | states | st.none()
    held = {e.evaluation_id: (e, draw(given), draw(st.booleans())) for e in every}
    scores = {name: score(e, value, late=late) for name, (e, value, late) in held.items() if value is not None}
    return Work(scale, draw(policies()), tuple(every), scores)


@dataclass(frozen=True)
class WorkedOut:
    """What the definition says of a grade."""

    exact: Fraction | None
    value: str | None
    complete: bool
    counted: int
    dropped: int
    evaluations: int
    weight_counted: Fraction
    weight_total: Fraction
    extra: Fraction


def worked_out(work: Work) -> WorkedOut:
    """The grade by the words of the rule."""
    policy = work.policy
    weight_of_kind = {c.kind: Fraction(c.weight) for c in policy.categories if c.weight is not None}
    standing = [e for e in work.evaluations if (e.standing_changes or 0) % 2 == 0]
    set_to_count = [e for e in standing if e.purpose is None and weight_of_kind.get(e.kind, Fraction(1))]
    open_ones, points = 0, dict[str, Fraction]()
    for each in set_to_count:
        found = _points(work, each)
        if found == "open":
            open_ones += 1
        elif isinstance(found, Fraction):
            points[each.evaluation_id] = found
    counted = [e for e in set_to_count if e.evaluation_id in points]
    dropped = {e.evaluation_id for kind in EvaluationKind for e in _dropped(work, kind, counted, points)}
    kept = [e for e in counted if e.evaluation_id not in dropped]
    share: dict[str, Fraction] = {}
    for each in kept:
        alike = [e for e in kept if e.kind is each.kind]
        of_the_kind = weight_of_kind.get(
            each.kind, sum((Fraction(e.weight) for e in counted if e.kind is each.kind), Fraction(0))
        )
        share[each.evaluation_id] = of_the_kind * Fraction(each.weight) / sum(Fraction(e.weight) for e in alike)
    exact, extra = None, Fraction(0)
    if kept:
        told = sum((share[e.evaluation_id] * points[e.evaluation_id] for e in kept), Fraction(0))
        base = told / sum(share.values(), Fraction(0))
        extra = _extra(work, standing)
        exact = min(_best(work.scale), base + extra)
    return WorkedOut(
        exact=exact,
        value=None if exact is None else _written(work.scale, exact),
        complete=bool(set_to_count) and not open_ones,
        counted=len(kept),
        dropped=len(dropped),
        evaluations=len(set_to_count),
        weight_counted=sum((Fraction(e.weight) for e in kept), Fraction(0)),
        weight_total=sum((Fraction(e.weight) for e in set_to_count), Fraction(0)),
        extra=extra,
    )


def _points(work: Work, of: Evaluation) -> Fraction | str:
    """What it counts; or that it is ``open``, or ``out``."""
    held = work.scores.get(of.evaluation_id)
    if held is None or held.state == "void":
        return "open"
    if held.state == "exempt":
        return "out"
    if held.state == "absent" and work.policy.absent != "minimum":
        return "open" if work.policy.absent else "out"
    if held.state in {"absent", "missing"}:
        return _worst(work.scale)
    assert held.value is not None
    letters = work.scale.letters
    written = Fraction(len(letters) - 1 - letters.index(held.value)) if letters else Fraction(held.value)
    lost = Fraction(work.scale.late_penalty or 0) if held.late else Fraction(0)
    return max(_worst(work.scale), written - lost)


def _dropped(
    work: Work, kind: EvaluationKind, counted: list[Evaluation], points: dict[str, Fraction]
) -> tuple[Evaluation, ...]:
    """Of every set of so many results of the kind the one with the lowest points; of those the heaviest."""
    alike = [e for e in counted if e.kind is kind]
    asked = next((c.drop_lowest or 0 for c in work.policy.categories if c.kind is kind), 0)
    sets = combinations(alike, max(0, min(asked, len(alike) - 1)))
    return min(
        sets,
        key=lambda some: (sum(points[e.evaluation_id] for e in some), -sum(Fraction(e.weight) for e in some)),
    )


def _extra(work: Work, standing: list[Evaluation]) -> Fraction:
    if work.policy.extra_credit_bound is None:
        return Fraction(0)
    earned = Fraction(0)
    for each in standing:
        found = _points(work, each)
        if each.purpose is EvaluationPurpose.EXTRA_CREDIT and isinstance(found, Fraction):
            earned += (found - _worst(work.scale)) * Fraction(each.weight) / 100
    return min(earned, Fraction(work.policy.extra_credit_bound))


def _written(scale: GradingScale, exact: Fraction) -> str:
    """The grade that the exact mean comes to, by way of decimals."""
    step = Decimal(1) if scale.letters else scale.final_step or scale.step or Decimal(1)
    first = Decimal(0) if scale.letters or scale.rounding is Rounding.HALF_EVEN else scale.minimum or Decimal(0)
    with localcontext(prec=80):
        units = (exact - Fraction(first)) / Fraction(step)
        whole = (Decimal(units.numerator) / Decimal(units.denominator)).quantize(Decimal(1), ROUNDED[scale.rounding])
        number = first + whole * step
    return scale.letters[::-1][int(number)] if scale.letters else f"{number.normalize():f}"


def _worst(scale: GradingScale) -> Fraction:
    return Fraction(scale.minimum or 0)


def _best(scale: GradingScale) -> Fraction:
    return Fraction(len(scale.letters) - 1) if scale.letters else Fraction(scale.maximum or 0)
