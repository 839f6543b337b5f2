from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.domain.consolidation import Grade, average, consolidate, course_grade
from evaluations.domain.evaluation import Evaluation, EvaluationKind, Score, ScoreState
from evaluations.domain.scales import STANDARD_SCALES, GradingScale, Rounding, ScaleKind

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
PLACE: dict[str, Any] = {"section_id": "mat-5a", "course_id": "mat-5", "term_id": "t1", "kind": EvaluationKind.EXAM}
LETTERS = STANDARD_SCALES["ad-c"]
LEFT_OUT = [ScoreState.ABSENT, ScoreState.EXEMPT]


OWN_SCALES = [
    replace(STANDARD_SCALES["0-20"], step=Decimal("0.5"), passing="10.5"),
    replace(STANDARD_SCALES["0-20"], final_step=Decimal("0.01"), final_passing="10.5"),
    replace(STANDARD_SCALES["0-100"], step=Decimal(5)),
    replace(STANDARD_SCALES["0-10"], final_step=Decimal("0.5")),
]
ROUNDED = {Rounding.HALF_UP: ROUND_HALF_UP, Rounding.HALF_EVEN: ROUND_HALF_EVEN, Rounding.DOWN: ROUND_FLOOR}


def evaluation(number: int, weight: str) -> Evaluation:
    return Evaluation(
        **PLACE,
        evaluation_id=f"e{number}",
        title="x",
        weight=Decimal(weight),
        held_on=date(2026, 5, 4),
        version=1,
        created_by="teacher-1",
        created_at=AT,
    )


def score(number: int, value: str | ScoreState, *, late: bool = False) -> Score:
    state = value if isinstance(value, ScoreState) else ScoreState.RECORDED
    return Score(
        **PLACE,
        evaluation_id=f"e{number}",
        student_id="s1",
        state=state,
        value=None if isinstance(value, ScoreState) else value,
        late=late and state is ScoreState.RECORDED,
        version=1,
        recorded_by="teacher-1",
        recorded_at=AT,
    )


def given_work(*work: tuple[str, str | ScoreState | None]) -> tuple[list[Evaluation], dict[str, Score]]:
    """Evaluations with their weights, and the scores of those that have one."""
    evaluations = [evaluation(n, weight) for n, (weight, _) in enumerate(work)]
    scores = {f"e{n}": score(n, value) for n, (_, value) in enumerate(work) if value is not None}
    return evaluations, scores


@st.composite
def works(draw: st.DrawFn) -> tuple[GradingScale, list[Evaluation], dict[str, Score]]:
    penalties = st.sampled_from([None, Decimal("0.25"), Decimal(1), Decimal(200)])
    scale = draw(st.sampled_from([*STANDARD_SCALES.values(), *OWN_SCALES]))
    scale = replace(scale, late_penalty=draw(penalties), rounding=draw(st.sampled_from(Rounding)))
    values: st.SearchStrategy[str]
    if scale.kind is ScaleKind.LETTERS:
        values = st.sampled_from(scale.letters)
    else:
        assert scale.minimum is not None
        assert scale.maximum is not None
        assert scale.step is not None
        minimum, step = scale.minimum, scale.step
        count = int((scale.maximum - minimum) / step)
        values = st.integers(0, count).map(lambda rung: scale.canonical(minimum + step * rung))
    states = st.sampled_from([state for state in ScoreState if state is not ScoreState.RECORDED])
    weights = st.integers(1, 10_000).map(lambda cents: f"{Decimal(cents) / 100}")
    work = draw(st.lists(st.tuples(weights, st.one_of(values, states, st.none())), max_size=8))
    evaluations, scores = given_work(*work)
    late = draw(st.sets(st.sampled_from(sorted(scores)))) if scores else set()
    recorded = {name: replace(held, late=name in late and held.value is not None) for name, held in scores.items()}
    return scale, evaluations, recorded


def test_weighted_mean_is_rounded_half_up_once() -> None:
    grade = consolidate(STANDARD_SCALES["1-7"], *given_work(("25", "6.5"), ("25", "5.2"), ("50", "3.9")))
    assert (grade.exact, grade.mean, grade.value) == ("39/8", "4.8750", "4.9")
    assert (grade.passing, grade.complete, grade.counted, grade.evaluations) == (True, True, 3, 3)
    assert (grade.weight_counted, grade.weight_total) == (Decimal(100), Decimal(100))


@pytest.mark.parametrize(
    ("scale_id", "first", "second", "value", "passing"),
    [
        ("1-7", "3.9", "4.0", "4.0", True),  # 3.95
        ("1-7", "3.8", "4.0", "3.9", False),
        ("0-20", "10", "11", "11", True),
        ("0-100", "59", "60", "60", True),
        ("0-10", "6.99", "7.00", "7.00", True),
        ("ad-c", "AD", "A", "AD", True),  # a half goes to the better letter
        ("ad-c", "C", "B", "B", True),
        ("a-f", "F", "F", "F", False),
    ],
)
def test_half_goes_to_the_better_grade(scale_id: str, first: str, second: str, value: str, passing: bool) -> None:  # noqa: FBT001 - a table's column
    grade = consolidate(STANDARD_SCALES[scale_id], *given_work(("50", first), ("50", second)))
    assert (grade.value, grade.passing) == (value, passing)


@pytest.mark.parametrize("state", LEFT_OUT)
def test_absent_and_exempt_leave_their_weight_to_the_others(state: ScoreState) -> None:
    grade = consolidate(STANDARD_SCALES["0-20"], *given_work(("90", state), ("10", "15")))
    assert (grade.value, grade.complete, grade.counted) == ("15", True, 1)
    assert (grade.weight_counted, grade.weight_total) == (Decimal(10), Decimal(100))


def test_voided_score_is_none_until_it_is_recorded_again() -> None:
    grade = consolidate(STANDARD_SCALES["0-20"], *given_work(("90", ScoreState.VOID), ("10", "15")))
    assert (grade.value, grade.complete, grade.counted) == ("15", False, 1)
    assert consolidate(STANDARD_SCALES["0-20"], *given_work(("90", "12"), ("10", "15"))).complete


@pytest.mark.parametrize(
    ("scale_id", "best", "value"), [("1-7", "7.0", "4.0"), ("0-20", "20", "10"), ("a-f", "A", "C")]
)
def test_missing_work_counts_as_the_worst_grade(scale_id: str, best: str, value: str) -> None:
    grade = consolidate(STANDARD_SCALES[scale_id], *given_work(("50", best), ("50", ScoreState.MISSING)))
    assert (grade.value, grade.complete, grade.counted) == (value, True, 2)


@pytest.mark.parametrize(
    ("scale_id", "penalty", "written", "value", "passing"),
    [
        ("1-7", "0.5", "4.5", "4.0", True),
        ("1-7", "0.5", "4.4", "3.9", False),
        ("1-7", "2", "2.5", "1.0", False),  # never below the worst grade
        ("1-7", None, "4.5", "4.5", True),
        ("0-20", "0.5", "11", "11", True),  # 10.5, rounded once
        ("0-100", "10", "65", "55", False),
        ("ad-c", "1", "A", "B", True),
        ("a-f", "9", "A", "F", False),
    ],
)
def test_late_work_loses_the_penalty_and_keeps_its_written_score(
    scale_id: str,
    penalty: str | None,
    written: str,
    value: str,
    passing: bool,  # noqa: FBT001 - a table's column
) -> None:
    scale = replace(STANDARD_SCALES[scale_id], late_penalty=None if penalty is None else Decimal(penalty))
    late = score(0, written, late=True)
    grade = consolidate(scale, [evaluation(0, "50")], {"e0": late})
    assert (grade.value, grade.passing, grade.complete, late.value) == (value, passing, True, written)
    on_time = consolidate(scale, [evaluation(0, "50")], {"e0": replace(late, late=False)})
    assert on_time.value == written


@given(works())
def test_being_late_never_makes_a_better_grade(work: tuple[GradingScale, list[Evaluation], dict[str, Score]]) -> None:
    scale, evaluations, scores = work
    on_time = {name: replace(held, late=False) for name, held in scores.items()}
    late = {name: replace(held, late=held.value is not None) for name, held in scores.items()}
    grades = [consolidate(scale, evaluations, each) for each in (late, scores, on_time)]
    assert len({grade.exact is None for grade in grades}) == 1
    exacts = [Fraction(grade.exact or 0) for grade in grades]
    assert exacts == sorted(exacts)
    assert all(exact >= Fraction(scale.minimum or 0) for exact in exacts) or grades[0].exact is None


def test_what_is_not_recorded_yet_is_left_out_and_said() -> None:
    grade = consolidate(STANDARD_SCALES["1-7"], *given_work(("50", "6.0"), ("50", None)))
    assert (grade.value, grade.complete, grade.counted, grade.evaluations) == ("6.0", False, 1, 2)


@pytest.mark.parametrize(
    ("work", "complete"),
    [
        ((), False),
        ((("50", ScoreState.EXEMPT),), True),
        ((("50", ScoreState.ABSENT), ("50", ScoreState.EXEMPT)), True),
        ((("50", None),), False),
        ((("50", ScoreState.VOID),), False),
        ((("50", ScoreState.EXEMPT), ("50", None)), False),
    ],
)
def test_nothing_that_counts_is_no_grade(work: tuple[tuple[str, ScoreState | None], ...], complete: bool) -> None:  # noqa: FBT001 - a table's column
    grade = consolidate(STANDARD_SCALES["1-7"], *given_work(*work))
    assert (grade.value, grade.exact, grade.mean, grade.passing) == (None, None, None, None)
    assert grade.complete is complete


@pytest.mark.parametrize(
    ("scale_id", "old"), [("1-7", "85"), ("1-7", "AD"), ("ad-c", "6.5"), ("a-f", "AD"), ("0-20", "-1")]
)
def test_grade_of_another_scale_is_left_out_and_said(scale_id: str, old: str) -> None:
    """The school changed its scale after the grade was recorded."""
    scale = STANDARD_SCALES[scale_id]
    best = scale.letters[0] if scale.letters else f"{scale.maximum}"
    grade = consolidate(scale, *given_work(("50", best), ("50", old)))
    assert (grade.counted, grade.complete) == (1, False)


@given(works())
def test_grade_is_the_definition_in_plain_fractions(
    work: tuple[GradingScale, list[Evaluation], dict[str, Score]],
) -> None:
    scale, evaluations, scores = work
    points: list[tuple[Fraction, Fraction]] = []
    for found in evaluations:
        held = scores.get(found.evaluation_id)
        if held is not None and held.state is ScoreState.MISSING:
            points.append((Fraction(found.weight), Fraction(scale.minimum or 0)))
        elif held is not None and held.value is not None:
            rank = scale.letters[::-1].index(held.value) if scale.letters else Fraction(held.value)
            lost = Fraction(scale.late_penalty or 0) if held.late else Fraction(0)
            points.append((Fraction(found.weight), max(Fraction(scale.minimum or 0), rank - lost)))
    grade = consolidate(scale, evaluations, scores)
    if not points:
        assert grade.value is None
        return
    mean = sum(w * p for w, p in points) / sum(w for w, _ in points)
    assert Fraction(grade.exact or "") == mean
    assert min(p for _, p in points) <= mean <= max(p for _, p in points)


@given(works())
def test_rounding_is_the_schools_and_stays_on_its_final_grades(
    work: tuple[GradingScale, list[Evaluation], dict[str, Score]],
) -> None:
    scale, evaluations, scores = work
    grade = consolidate(scale, evaluations, scores)
    if grade.value is None or grade.exact is None:
        return
    if scale.letters:
        off = Fraction(grade.exact) - scale.letters[::-1].index(grade.value)
        assert 0 <= off < 1 if scale.rounding is Rounding.DOWN else abs(off) <= Fraction(1, 2)
        return
    assert scale.step is not None
    step = scale.final_step or scale.step
    exact = Fraction(grade.exact) / Fraction(step)  # every minimum here is a multiple of the step
    with localcontext(prec=50):
        units = (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal(1), ROUNDED[scale.rounding])
        assert Decimal(grade.value) == units * step
    assert grade.passing == (Decimal(grade.value) >= Decimal(scale.final_passing or scale.passing))


@given(works(), st.integers(1, 50))
def test_weights_matter_only_relative_to_each_other(
    work: tuple[GradingScale, list[Evaluation], dict[str, Score]], parts: int
) -> None:
    scale, evaluations, scores = work
    smaller = [replace(found, weight=found.weight / parts) for found in evaluations]
    if any(Fraction(s.weight) * parts != Fraction(e.weight) for s, e in zip(smaller, evaluations, strict=True)):
        return  # this division is not exact in decimals
    assert consolidate(scale, smaller, scores).exact == consolidate(scale, evaluations, scores).exact


@given(works(), st.randoms(use_true_random=False))
def test_order_and_decimal_context_change_nothing(
    work: tuple[GradingScale, list[Evaluation], dict[str, Score]], shuffled: object
) -> None:
    scale, evaluations, scores = work
    other = list(evaluations)
    shuffled.shuffle(other)  # type: ignore[attr-defined]  # hypothesis's Random
    with localcontext(prec=1):
        assert consolidate(scale, other, scores) == consolidate(scale, evaluations, scores)


@given(works())
def test_better_score_never_makes_a_worse_grade(
    work: tuple[GradingScale, list[Evaluation], dict[str, Score]],
) -> None:
    scale, evaluations, scores = work
    best = scale.letters[0] if scale.letters else scale.canonical(scale.maximum or Decimal(0))
    before = consolidate(scale, evaluations, scores)
    for evaluation_id, held in scores.items():
        if held.value is None:
            continue
        after = consolidate(scale, evaluations, {**scores, evaluation_id: replace(held, value=best)})
        assert Fraction(after.exact or "") >= Fraction(before.exact or "")


def test_year_is_the_mean_of_the_terms_as_written_on_the_card() -> None:
    scale = STANDARD_SCALES["1-7"]
    terms = [consolidate(scale, *given_work(("50", a), ("50", b))) for a, b in (("3.9", "4.0"), ("5.0", "5.1"))]
    year = average(scale, terms)
    assert [term.value for term in terms] == ["4.0", "5.1"]
    assert (year.value, year.exact, year.complete, year.passing) == ("4.6", "91/20", True, True)


def test_consolidated_grades_lie_on_the_schools_final_steps() -> None:
    halves, fives = OWN_SCALES[0], OWN_SCALES[2]
    terms = [consolidate(halves, *given_work(*(("10", v) for v in values))) for values in (("12.0", "12.5", "13.5"),)]
    assert [term.value for term in terms] == ["12.5"]
    assert average(halves, [*terms, consolidate(halves, *given_work(("50", "13.0")))]).value == "13.0"
    assert consolidate(fives, *given_work(("50", "60"), ("50", "55"))).value == "60"
    assert consolidate(replace(fives, rounding=Rounding.DOWN), *given_work(("50", "60"), ("50", "55"))).value == "55"


def test_passing_is_judged_by_the_rounded_grade() -> None:
    scale = replace(STANDARD_SCALES["1-7"], rounding=Rounding.DOWN)
    work = given_work(("50", "3.9"), ("50", "4.0"))
    assert consolidate(STANDARD_SCALES["1-7"], *work).passing is True
    assert consolidate(scale, *work).passing is False


def test_year_without_a_term_is_not_complete() -> None:
    scale = STANDARD_SCALES["0-20"]
    first, none = consolidate(scale, *given_work(("50", "15"))), consolidate(scale, [], {})
    year = average(scale, [first, none])
    assert (year.value, year.complete, year.counted, year.evaluations) == ("15", False, 1, 2)
    assert average(scale, []).value is None


def test_term_of_exemptions_only_leaves_the_year_complete() -> None:
    scale = STANDARD_SCALES["1-7"]
    graded = consolidate(scale, *given_work(("50", "6.0")))
    exempt = consolidate(scale, *given_work(("50", ScoreState.EXEMPT), ("50", ScoreState.ABSENT)))
    year = average(scale, [exempt, graded])
    assert (year.value, year.complete, year.counted, year.evaluations) == ("6.0", True, 1, 2)
    never = average(scale, [exempt, exempt])
    assert (never.value, never.complete) == (None, True)
    assert average(scale, [never, graded]).complete


@given(works())
def test_average_is_complete_exactly_when_its_grades_are(
    work: tuple[GradingScale, list[Evaluation], dict[str, Score]],
) -> None:
    scale, evaluations, scores = work
    grades = [consolidate(scale, [found], scores) for found in evaluations]
    found = average(scale, grades)
    assert found.complete == (bool(grades) and all(grade.complete for grade in grades))
    assert found.complete == consolidate(scale, evaluations, scores).complete
    assert (found.value is None) == all(grade.value is None for grade in grades)


def test_year_with_a_grade_of_another_scale_is_not_complete() -> None:
    other = consolidate(STANDARD_SCALES["0-100"], *given_work(("50", "85")))
    graded = consolidate(STANDARD_SCALES["1-7"], *given_work(("50", "6.0")))
    year = average(STANDARD_SCALES["1-7"], [other, graded])
    assert (year.value, year.complete) == ("6.0", False)


def test_year_in_letters_goes_by_ranks() -> None:
    terms = [consolidate(LETTERS, *given_work(("50", letter))) for letter in ("AD", "B", "B")]
    assert average(LETTERS, terms).value == "A"


def test_grade_stays_out_of_the_logs() -> None:
    grade = consolidate(STANDARD_SCALES["1-7"], *given_work(("50", "6.5")))
    assert "6.5" not in repr(grade)
    assert "13/2" not in repr(grade)


def test_average_over_different_scales_has_no_value() -> None:
    evaluations, scores = given_work(("50", "6.0"))
    grades = [consolidate(STANDARD_SCALES["1-7"], evaluations, scores)] * 2
    found = average(None, grades)
    assert (found.value, found.exact, found.passing) == (None, None, None)
    assert (found.complete, found.counted, found.evaluations) == (False, 0, 2)


def _card_grade(value: str | None, *, complete: bool = True) -> Grade:
    evaluations, scores = given_work(("100", value))
    return replace(consolidate(STANDARD_SCALES["1-7"], evaluations, scores), complete=complete)


@pytest.mark.parametrize(
    ("sections", "value", "complete"),
    [
        ([("4.0", True, False)], "4.0", True),
        ([("4.0", False, True)], "4.0", False),
        ([("4.0", False, False), ("6.0", True, True)], "5.0", True),
        ([("4.0", True, False), ("6.0", False, True)], "5.0", False),
        ([("4.0", True, False), (None, False, True)], "4.0", True),
        ([("4.0", False, False), ("6.0", False, False)], "5.0", False),
        ([(None, False, False), (None, False, True)], None, False),
    ],
)
def test_course_of_several_sections_is_the_mean_of_the_written_ones(
    sections: list[tuple[str | None, bool, bool]],
    value: str | None,
    complete: bool,  # noqa: FBT001
) -> None:
    """Each section: its grade, whether it is complete, whether the student is still in it."""
    given_grades = [(_card_grade(written, complete=whole), attended) for written, whole, attended in sections]
    found = course_grade(STANDARD_SCALES["1-7"], given_grades)
    assert (found.value, found.complete) == (value, complete)
