"""Consolidated grades under every policy: equal to an independent computation, the same whatever cannot matter."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.domain.consolidation import Grade, average, consolidate, course_grade
from evaluations.domain.evaluation import EvaluationKind, EvaluationPurpose, ScoreState
from evaluations.domain.grading_policy import AbsentRule, Category, GradingPolicy
from evaluations.domain.scales import STANDARD_SCALES
from tests.support.depth import depth
from tests.unit.evaluations.domain.policies import Work, evaluation, score, values, worked_out, works

SEVEN, LETTERS = STANDARD_SCALES["1-7"], STANDARD_SCALES["ad-c"]
EXAM, QUIZ, HOMEWORK = EvaluationKind.EXAM, EvaluationKind.QUIZ, EvaluationKind.HOMEWORK
FORMATIVE, EXTRA = EvaluationPurpose.FORMATIVE, EvaluationPurpose.EXTRA_CREDIT
ONE_QUIZ_LESS = GradingPolicy(categories=(Category(kind=QUIZ, drop_lowest=1),))
UP_TO_HALF = GradingPolicy(extra_credit_bound=Decimal("0.5"))
Row = tuple[EvaluationKind, str, str | ScoreState | None]


def weighted(**weights: str) -> tuple[Category, ...]:
    """Each kind with its weight, 0 for those that are not named."""
    return tuple(Category(kind=kind, weight=Decimal(weights.get(kind, "0"))) for kind in EvaluationKind)


def graded(policy: GradingPolicy | None, *rows: Row, extra: tuple[tuple[str, str | ScoreState], ...] = ()) -> Grade:
    """On the scale 1 to 7: of evaluations with kind, weight and score, and of extra credit with weight and score."""
    every = [evaluation(n, weight, kind) for n, (kind, weight, _) in enumerate(rows)]
    held = {e.evaluation_id: score(e, row[2]) for e, row in zip(every, rows, strict=True) if row[2] is not None}
    for number, (weight, value) in enumerate(extra, start=len(rows)):
        every.append(evaluation(number, weight, HOMEWORK, EXTRA))
        held[every[-1].evaluation_id] = score(every[-1], value)
    return consolidate(SEVEN, every, held, policy)


def grade_of(work: Work) -> Grade:
    return consolidate(work.scale, work.evaluations, work.scores, work.policy)


@settings(max_examples=depth(150, 500))
@given(works())
def test_grade_equals_an_independent_computation_under_every_policy(work: Work) -> None:
    found, expected = grade_of(work), worked_out(work)
    assert (None if found.exact is None else Fraction(found.exact)) == expected.exact
    assert (found.complete, found.counted, found.evaluations) == (
        expected.complete,
        expected.counted,
        expected.evaluations,
    )
    assert (found.dropped or 0, Fraction(found.extra or 0)) == (expected.dropped, expected.extra)
    weights = (Fraction(found.weight_counted), Fraction(found.weight_total))
    assert weights == (expected.weight_counted, expected.weight_total)
    if found.value is None or expected.value is None:
        assert found.value is expected.value
    elif work.scale.letters:
        assert found.value == expected.value
    else:
        assert Decimal(found.value) == Decimal(expected.value)


@given(works(), st.randoms(use_true_random=False))
def test_neither_order_nor_decimal_context_changes_anything(work: Work, shuffled: object) -> None:
    every, names, rules = list(work.evaluations), list(work.scores), list(work.policy.categories)
    for some in (every, names, rules):
        shuffled.shuffle(some)  # type: ignore[attr-defined]  # hypothesis's Random
    other = replace(
        work,
        evaluations=tuple(every),
        scores={name: work.scores[name] for name in names},
        policy=replace(work.policy, categories=tuple(rules)),
    )
    with localcontext(prec=1):
        assert grade_of(other) == grade_of(work)


@given(works(), st.sampled_from([(FORMATIVE, None), (None, 1), (EXTRA, 3)]), st.sampled_from(EvaluationKind), st.data())
def test_formative_and_cancelled_evaluations_change_nothing(
    work: Work, sort: tuple[EvaluationPurpose | None, int | None], kind: EvaluationKind, data: st.DataObject
) -> None:
    more = evaluation(99, "50", kind, *sort)
    held = score(more, data.draw(values(work.scale)))
    with_it = replace(
        work,
        evaluations=(*work.evaluations, more),
        scores={**work.scores, "e99": held} if data.draw(st.booleans()) else work.scores,
    )
    assert grade_of(with_it) == grade_of(work)


@given(works())
def test_policy_that_says_nothing_is_the_plain_mean(work: Work) -> None:
    plain = consolidate(work.scale, work.evaluations, work.scores)
    assert consolidate(work.scale, work.evaluations, work.scores, GradingPolicy()) == plain
    assert (plain.dropped, plain.extra) == (None, None)


@given(works())
def test_dropping_never_makes_a_grade_worse(work: Work) -> None:
    none = tuple(replace(category, drop_lowest=None) for category in work.policy.categories)
    less, more = grade_of(replace(work, policy=replace(work.policy, categories=none))), grade_of(work)
    assert (more.exact is None) == (less.exact is None)
    assert Fraction(more.exact or 0) >= Fraction(less.exact or 0)


@given(works())
def test_what_is_dropped_may_fall_to_the_worst_grade(work: Work) -> None:
    """Of each kind so many of the lowest may have been worse: they are left out all the same."""
    before = grade_of(work)
    for kind in {category.kind for category in work.policy.categories if category.drop_lowest}:
        alike = [e for e in work.policy.counting(work.evaluations) if e.kind is kind]
        held = [work.scores[e.evaluation_id] for e in alike if e.evaluation_id in work.scores]
        recorded = [s for s in held if s.state is ScoreState.RECORDED and not s.late]
        if len(recorded) < 2 or len(recorded) != len(held):
            continue
        weight = {e.evaluation_id: e.weight for e in alike}
        lowest = min(recorded, key=lambda s: (_height(work, s.value), -weight[s.evaluation_id]))
        worse = {**work.scores, lowest.evaluation_id: replace(lowest, state=ScoreState.MISSING, value=None)}
        after = consolidate(work.scale, work.evaluations, worse, work.policy)
        if sum(_height(work, s.value) == _height(work, lowest.value) for s in recorded) == 1:
            assert after == before


@given(works(), st.data())
def test_extra_credit_never_makes_a_grade_worse_and_adds_at_most_the_bound(work: Work, data: st.DataObject) -> None:
    more = evaluation(99, "25", QUIZ, EXTRA)
    given_for_it = score(more, data.draw(values(work.scale)), late=data.draw(st.booleans()))
    after = consolidate(work.scale, (*work.evaluations, more), {**work.scores, "e99": given_for_it}, work.policy)
    without = [e for e in work.evaluations if e.purpose is not EXTRA]
    before, none = grade_of(work), consolidate(work.scale, without, work.scores, work.policy)
    exacts = [Fraction(grade.exact or 0) for grade in (none, before, after)]
    assert exacts == sorted(exacts)
    assert exacts[2] - exacts[0] <= Fraction(work.policy.extra_credit_bound or 0)
    assert (after.complete, after.evaluations, after.weight_total) == (
        none.complete,
        none.evaluations,
        none.weight_total,
    )
    unsettled = consolidate(work.scale, (*work.evaluations, more), work.scores, work.policy)
    assert unsettled == before


@given(works(), st.sampled_from([2, 4, 5, 10]))
def test_weights_matter_only_relative_to_each_other(work: Work, parts: int) -> None:
    """Those of the evaluations, and those of the categories; what extra credit weighs is hundredths of the whole."""
    smaller = tuple(e if e.purpose is EXTRA else replace(e, weight=e.weight / parts) for e in work.evaluations)
    lighter = tuple(c if c.weight is None else replace(c, weight=c.weight / 5) for c in work.policy.categories)
    other = replace(work, evaluations=smaller, policy=replace(work.policy, categories=lighter))
    assert grade_of(other).exact == grade_of(work).exact


@given(works())
def test_stricter_rule_for_absences_never_makes_a_grade_better(work: Work) -> None:
    rules = (AbsentRule.MINIMUM, None, AbsentRule.PENDING)
    least, left_out, pending = (grade_of(replace(work, policy=replace(work.policy, absent=rule))) for rule in rules)
    assert (pending.exact, pending.value) == (left_out.exact, left_out.value)
    assert left_out.complete or not pending.complete
    assert least.complete == left_out.complete
    drops = any(category.drop_lowest for category in work.policy.categories)
    if left_out.exact and least.exact and (work.policy.has_weights or not drops):  # else the kind weighs more with it
        assert Fraction(least.exact) <= Fraction(left_out.exact)


@given(works())
def test_best_score_never_makes_a_worse_grade(work: Work) -> None:
    best = work.scale.letters[0] if work.scale.letters else work.scale.canonical(work.scale.maximum or Decimal(0))
    before = grade_of(work)
    for name, held in work.scores.items():
        if held.value is not None:
            better = {**work.scores, name: replace(held, value=best, late=False)}
            after = consolidate(work.scale, work.evaluations, better, work.policy)
            assert Fraction(after.exact or 0) >= Fraction(before.exact or 0)


@given(works(), st.lists(st.booleans(), min_size=1, max_size=3))
def test_course_of_several_sections_by_policy_is_the_mean_of_the_written_grades(
    work: Work, attended: list[bool]
) -> None:
    """Who changed sections, or came late: each section's grade is by the policy, and the mean is of what is written."""
    parts = [replace(work, evaluations=work.evaluations[n :: len(attended)]) for n in range(len(attended))]
    every = [(grade_of(part), still) for part, still in zip(parts, attended, strict=True)]
    found = course_grade(work.scale, every)
    if len(every) == 1:
        assert found == every[0][0]
        return
    written = [grade for grade, _ in every if grade.value is not None]
    assert found.exact == average(work.scale, written).exact
    assert (found.dropped, found.extra) == (None, None)
    judged = [grade for grade, still in every if still and grade.value is not None] or written
    assert found.complete == (bool(judged) and all(grade.complete for grade in judged))


def test_categories_count_by_their_own_weights() -> None:
    """Three quizzes weigh no more than the school says quizzes do."""
    policy = GradingPolicy(categories=weighted(exam="60", quiz="40"))
    rows: list[Row] = [(EXAM, "50", "4.0"), (QUIZ, "10", "7.0"), (QUIZ, "20", "7.0"), (QUIZ, "90", "7.0")]
    found = graded(policy, *rows)
    assert (found.exact, found.value, found.complete) == ("26/5", "5.2", True)
    assert (found.counted, found.evaluations, found.weight_counted) == (4, 4, Decimal(170))


def test_category_without_results_leaves_its_weight_to_the_others() -> None:
    policy = GradingPolicy(categories=weighted(exam="60", quiz="40"))
    found = graded(policy, (EXAM, "50", "4.0"), (QUIZ, "10", None))
    assert (found.value, found.complete) == ("4.0", False)


def test_kind_of_weight_0_does_not_count_nor_is_it_waited_for() -> None:
    policy = GradingPolicy(categories=weighted(exam="60", quiz="40"))
    found = graded(policy, (EXAM, "50", "4.0"), (HOMEWORK, "50", "7.0"), (HOMEWORK, "50", None))
    assert (found.value, found.complete, found.evaluations, found.weight_total) == ("4.0", True, 1, Decimal(50))


@pytest.mark.parametrize(
    ("rows", "value", "dropped"),
    [
        ([(QUIZ, "10", "3.0"), (QUIZ, "10", "5.0"), (EXAM, "20", "5.0")], "5.0", 1),
        ([(QUIZ, "10", "3.0"), (EXAM, "10", "5.0")], "4.0", None),  # never the last one
        ([(QUIZ, "10", "3.0"), (QUIZ, "10", ScoreState.EXEMPT), (EXAM, "10", "5.0")], "4.0", None),
        ([(QUIZ, "10", ScoreState.MISSING), (QUIZ, "10", "4.0")], "4.0", 1),
        # its weight stays with the quizzes: 30 of 6.0 and 10 of 2.0
        ([(QUIZ, "20", "5.0"), (QUIZ, "10", "6.0"), (EXAM, "10", "2.0")], "5.0", 1),
        # of two as low the heavier goes: 10 of 3.0 and 10 of 7.0 are left
        ([(QUIZ, "90", "3.0"), (QUIZ, "10", "3.0"), (QUIZ, "10", "7.0")], "5.0", 1),
    ],
)
def test_lowest_of_a_kind_is_left_out(rows: list[Row], value: str, dropped: int | None) -> None:
    found = graded(ONE_QUIZ_LESS, *rows)
    assert (found.value, found.dropped) == (value, dropped)
    assert graded(ONE_QUIZ_LESS, *rows[::-1]) == found


def test_late_work_is_dropped_by_what_it_counts() -> None:
    scale = replace(SEVEN, late_penalty=Decimal(2))
    every = [evaluation(0, "10", QUIZ), evaluation(1, "10", QUIZ)]
    held = {"e0": score(every[0], "6.0", late=True), "e1": score(every[1], "5.0")}
    assert consolidate(scale, every, held, ONE_QUIZ_LESS).value == "5.0"


@pytest.mark.parametrize(
    ("extra", "exact", "added"),
    [
        ((("5", "7.0"),), "43/10", Decimal("0.3")),  # 5 hundredths of the way from 1 to 7
        ((("5", "4.0"),), "83/20", Decimal("0.15")),
        ((("5", "7.0"), ("10", "7.0")), "9/2", Decimal("0.5")),  # the bound
        ((("5", "1.0"), ("5", ScoreState.MISSING), ("5", ScoreState.ABSENT)), "4/1", None),
    ],
)
def test_extra_credit_adds_up_to_the_bound(
    extra: tuple[tuple[str, str | ScoreState], ...], exact: str, added: Decimal | None
) -> None:
    found = graded(UP_TO_HALF, (EXAM, "50", "4.0"), extra=extra)
    assert (found.exact, found.extra) == (exact, added)
    assert (found.counted, found.evaluations, found.weight_total) == (1, 1, Decimal(50))
    assert graded(None, (EXAM, "50", "4.0"), extra=extra) == graded(None, (EXAM, "50", "4.0"))


def test_extra_credit_stops_at_the_best_grade_and_makes_none_of_nothing() -> None:
    best = graded(UP_TO_HALF, (EXAM, "50", "6.9"), extra=(("50", "7.0"),))
    assert (best.exact, best.value, best.extra) == ("7/1", "7.0", Decimal("0.5"))
    nothing = graded(UP_TO_HALF, (EXAM, "50", None), extra=(("50", "7.0"),))
    assert (nothing.value, nothing.extra, nothing.complete) == (None, None, False)


def test_extra_credit_in_letters_is_of_ranks() -> None:
    every = [evaluation(0, "50"), evaluation(1, "20", HOMEWORK, EXTRA)]
    held = {"e0": score(every[0], "B"), "e1": score(every[1], "AD")}
    policy = GradingPolicy(extra_credit_bound=Decimal("0.5"))
    assert consolidate(LETTERS, every, held, policy).value == "A"  # 1 + 0.5, and a half goes up
    assert consolidate(LETTERS, every, held, replace(policy, extra_credit_bound=Decimal("0.4"))).value == "B"


@pytest.mark.parametrize(
    ("rule", "value", "complete"),
    [(None, "6.0", True), (AbsentRule.MINIMUM, "3.5", True), (AbsentRule.PENDING, "6.0", False)],
)
def test_absence_counts_as_the_school_rules(rule: AbsentRule | None, value: str, complete: bool) -> None:  # noqa: FBT001 - a table's column
    found = graded(GradingPolicy(absent=rule), (EXAM, "50", "6.0"), (EXAM, "50", ScoreState.ABSENT))
    assert (found.value, found.complete) == (value, complete)


def test_partly_better_score_may_change_which_one_is_dropped() -> None:
    """The rule drops the lowest grade, not the one that weighs most: a known consequence (ADR 0032)."""
    rows: list[Row] = [(QUIZ, "90", "3.0"), (QUIZ, "10", "4.0"), (QUIZ, "1", "7.0")]
    before, after = graded(ONE_QUIZ_LESS, *rows), graded(ONE_QUIZ_LESS, (QUIZ, "90", "4.1"), *rows[1:])
    assert (before.exact, after.exact) == ("47/11", "376/91")


def test_extra_credit_stays_out_of_the_logs() -> None:
    assert "0.3" not in repr(graded(UP_TO_HALF, (EXAM, "50", "4.0"), extra=(("5", "7.0"),)))


def _height(work: Work, value: str | None) -> Fraction:
    assert value is not None
    letters = work.scale.letters
    return Fraction(-letters.index(value)) if letters else Fraction(value)
