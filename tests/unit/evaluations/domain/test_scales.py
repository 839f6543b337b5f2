from dataclasses import replace
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluations.domain.scales import (
    STANDARD_SCALES,
    GradingScale,
    NumberRange,
    RefusalReason,
    Rounding,
    ScaleKind,
)

NUMERIC = [scale for scale in STANDARD_SCALES.values() if scale.kind is ScaleKind.NUMERIC]
LETTERS = [scale for scale in STANDARD_SCALES.values() if scale.kind is ScaleKind.LETTERS]

any_scale = st.sampled_from(list(STANDARD_SCALES.values()))
numeric_scale = st.sampled_from(NUMERIC)
almost_numbers = st.text(alphabet="0123456789.-+eE,_ \n\u0663\uff15 nNaAiIfF", max_size=12)


def rungs(scale: GradingScale) -> list[Decimal]:
    assert scale.minimum is not None
    assert scale.maximum is not None
    assert scale.step is not None
    count = int((scale.maximum - scale.minimum) / scale.step)
    return [scale.minimum + scale.step * rung for rung in range(count + 1)]


@st.composite
def own_scales(draw: st.DrawFn) -> GradingScale:
    step = Decimal(draw(st.sampled_from(["0.01", "0.05", "0.1", "0.25", "0.5", "1", "2", "5"])))
    minimum = Decimal(draw(st.integers(-50, 50)))
    maximum = minimum + step * draw(st.integers(1, 300))
    passing = f"{minimum + step * draw(st.integers(0, int((maximum - minimum) / step))):f}"
    return GradingScale(
        scale_id="own", kind=ScaleKind.NUMERIC, minimum=minimum, maximum=maximum, step=step, passing=passing
    )


def refusal(scale: GradingScale, text: str) -> str:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is what the caller checks
        scale.parse(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("scale_id", "text", "canonical", "passes"),
    [
        ("0-20", "11", "11", True),
        ("0-20", "10", "10", False),
        ("0-20", "0", "0", False),
        ("0-20", "007", "7", False),
        ("1-7", "4", "4.0", True),
        ("1-7", "3.9", "3.9", False),
        ("1-7", "6.50", "6.5", True),
        ("1-5", "2.9", "2.9", False),
        ("1-5", "3.0", "3.0", True),
        ("0-100", "59", "59", False),
        ("0-100", "100", "100", True),
        ("0-10", "6.99", "6.99", False),
        ("0-10", "7", "7.00", True),
        ("0-10", "10.000", "10.00", True),
        ("1-10", "6", "6", True),
        ("5-10", "5.9", "5.9", False),
        ("a-f", "D", "D", True),
        ("a-f", "F", "F", False),
        ("ad-c", "AD", "AD", True),
        ("ad-c", "C", "C", False),
        ("superior-bajo", "Básico", "Básico", True),
        ("superior-bajo", "Bajo", "Bajo", False),
    ],
)
def test_grade_on_the_scale(scale_id: str, text: str, canonical: str, passes: bool) -> None:  # noqa: FBT001 - a table
    scale = STANDARD_SCALES[scale_id]
    value = scale.parse(text)
    assert scale.canonical(value) == canonical
    assert scale.passes(text) is passes


@pytest.mark.parametrize("scale", NUMERIC, ids=lambda scale: scale.scale_id)
@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "5 ", " 5", "5\n", "+5", "5.", ".5", "5,5", "5_0", "0x5", "1e1", "1e400", "1E-400", "--5", "5-"),
        *(
            "NaN",
            "nan",
            "sNaN",
            "Infinity",
            "-Infinity",
            "inf",
            "-0",
            "-0.0",
            "-00",
            "\u0665",
            "\uff15",
            "\u2164",
            "5\u200b",
            "A",
            "5" * 13,
        ),
    ],
)
def test_numeric_scale_refuses_what_is_no_plain_number(scale: GradingScale, text: str) -> None:
    assert refusal(scale, text) == "not_a_number"


@pytest.mark.parametrize(
    ("scale_id", "text", "reason"),
    [
        ("0-20", "20.5", "out_of_range"),
        ("0-20", "-1", "out_of_range"),
        ("0-20", "999999999999", "out_of_range"),
        ("1-7", "0.9", "out_of_range"),
        ("1-7", "7.1", "out_of_range"),
        ("5-10", "4.9", "out_of_range"),
        ("0-20", "10.5", "bad_step"),
        ("1-7", "6.55", "bad_step"),
        ("1-7", "6.500000000001", "bad_step"),
        ("0-10", "9.999", "bad_step"),
        ("a-f", "E", "unknown_letter"),
        ("a-f", "a", "unknown_letter"),
        ("a-f", "\u0410", "unknown_letter"),  # the Cyrillic one
        ("ad-c", "A D", "unknown_letter"),
        ("ad-c", "B\n", "unknown_letter"),
        ("ad-c", "", "unknown_letter"),
        ("ad-c", "18", "unknown_letter"),
    ],
)
def test_refusal_names_its_reason(scale_id: str, text: str, reason: str) -> None:
    assert refusal(STANDARD_SCALES[scale_id], text) == reason


@settings(deadline=None)
@given(any_scale, st.one_of(st.text(max_size=8), almost_numbers))
def test_parse_answers_a_stable_grade_or_a_reason(scale: GradingScale, text: str) -> None:
    reason, written = "", ""
    try:
        written = scale.canonical(scale.parse(text))
    except ValueError as error:
        reason = str(error)
    if written:
        assert written in scale.letters or written.isascii()
        assert scale.parse(written) == scale.parse(text)
        assert scale.canonical(scale.parse(written)) == written
    else:
        assert reason in set(RefusalReason)


@settings(deadline=None)
@given(own_scales())
def test_every_rung_is_written_and_read_back(scale: GradingScale) -> None:
    texts = [scale.canonical(value) for value in rungs(scale)]
    assert [scale.parse(text) for text in texts] == rungs(scale)
    assert len(set(texts)) == len(texts)
    assert {len(text.partition(".")[2]) for text in texts} == {scale.decimals}


@settings(deadline=None)
@given(own_scales(), st.decimals(min_value=-100, max_value=800, places=4))
def test_number_is_accepted_exactly_when_it_is_a_rung(scale: GradingScale, number: Decimal) -> None:
    if number in set(rungs(scale)) and not (number.is_zero() and number.is_signed()):
        assert scale.parse(scale.canonical(number)) == number
    else:
        with pytest.raises(ValueError, match=r"out_of_range|bad_step|not_a_number"):
            scale.canonical(number)


@settings(deadline=None)
@given(numeric_scale, st.data())
def test_better_grade_never_fails_where_a_worse_one_passes(scale: GradingScale, data: st.DataObject) -> None:
    worse, better = sorted(data.draw(st.lists(st.sampled_from(rungs(scale)), min_size=2, max_size=2)))
    assert scale.passes(scale.canonical(worse)) <= scale.passes(scale.canonical(better))
    assert scale.passes(scale.canonical(better)) is (better >= Decimal(scale.passing))


@pytest.mark.parametrize("scale", LETTERS, ids=lambda scale: scale.scale_id)
def test_letters_pass_down_to_the_passing_one(scale: GradingScale) -> None:
    verdicts = [scale.passes(letter) for letter in scale.letters]
    assert verdicts == sorted(verdicts, reverse=True)
    assert sum(verdicts) == scale.letters.index(str(scale.passing)) + 1


def test_choices_are_the_range_of_numbers_or_the_words() -> None:
    numbers = NumberRange(minimum=Decimal(1), maximum=Decimal(7), step=Decimal("0.1"))
    assert STANDARD_SCALES["1-7"].choices == numbers
    assert STANDARD_SCALES["ad-c"].choices == ("AD", "A", "B", "C")


def test_words_of_any_language_are_letters() -> None:
    words = ("Muy satisfactorio", "Iporã", "G\u0303uahe", "Éxito +", "Ñandutí-B", "Хорошо")
    scale = GradingScale(scale_id="own", kind=ScaleKind.LETTERS, letters=words, passing="Éxito +")
    assert [scale.canonical(scale.parse(word)) for word in words] == list(words)


def test_word_is_read_in_any_normal_form_and_kept_composed() -> None:
    scale = STANDARD_SCALES["superior-bajo"]
    assert scale.parse("Ba\u0301sico") == "Básico"
    assert [scale.passes(word) for word in scale.letters] == [True, True, True, False]
    assert refusal(scale, "básico") == "unknown_letter"
    assert refusal(scale, "Basico") == "unknown_letter"
    assert scale.rounded(Fraction(3, 2)) == "Alto"


@pytest.mark.parametrize("number", ["NaN", "sNaN", "Infinity", "-Infinity", "-0"])
def test_number_that_is_none_is_neither_written_nor_judged(number: str) -> None:
    scale = STANDARD_SCALES["0-20"]
    with pytest.raises(ValueError, match="not_a_number"):
        scale.canonical(Decimal(number))
    with pytest.raises(ValueError, match="not_a_number"):
        scale.passes(number)


def test_canonical_refuses_what_it_would_have_to_round() -> None:
    with pytest.raises(ValueError, match="bad_step"):
        STANDARD_SCALES["1-7"].canonical(Decimal("6.5" + "0" * 80 + "1"))
    with pytest.raises(ValueError, match="bad_step"):
        STANDARD_SCALES["0-20"].canonical(Decimal("1E-999"))


def test_value_of_the_other_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="not_a_number"):
        STANDARD_SCALES["0-20"].passes("AD")
    with pytest.raises(ValueError, match="unknown_letter"):
        STANDARD_SCALES["ad-c"].canonical(Decimal(15))
    with pytest.raises(ValueError, match="unknown_letter"):
        STANDARD_SCALES["ad-c"].passes("15")


def test_outcome_does_not_depend_on_the_callers_decimal_context() -> None:
    with localcontext(prec=1):
        assert STANDARD_SCALES["0-10"].canonical(Decimal("9.75")) == "9.75"
        with pytest.raises(ValueError, match="bad_step"):
            STANDARD_SCALES["0-10"].canonical(Decimal("9.751"))


def own_scale(maximum: str, step: str, passing: str, **more: Any) -> GradingScale:
    bounds: dict[str, Any] = {"minimum": Decimal(0), "maximum": Decimal(maximum), "step": Decimal(step)}
    return GradingScale(scale_id="own", kind=ScaleKind.NUMERIC, passing=passing, **bounds, **more)


@pytest.mark.parametrize(
    ("scale", "mean", "up", "even", "down"),
    [
        (STANDARD_SCALES["1-7"], "3.95", "4.0", "4.0", "3.9"),
        (STANDARD_SCALES["1-7"], "3.85", "3.9", "3.8", "3.8"),
        (STANDARD_SCALES["1-7"], "3.8501", "3.9", "3.9", "3.8"),
        (STANDARD_SCALES["0-20"], "10.5", "11", "10", "10"),
        (STANDARD_SCALES["0-20"], "10.49", "10", "10", "10"),
        (STANDARD_SCALES["5-10"], "5.95", "6.0", "6.0", "5.9"),
        (own_scale("20", "0.5", "10.5"), "12.6666", "12.5", "12.5", "12.5"),
        (own_scale("20", "0.5", "10.5"), "12.75", "13.0", "13.0", "12.5"),
        (own_scale("20", "0.5", "10.5"), "12.25", "12.5", "12.0", "12.0"),
        (own_scale("100", "5", "60"), "57.5", "60", "60", "55"),
        (own_scale("100", "5", "60"), "57.4", "55", "55", "55"),
        (own_scale("20", "1", "11", final_step=Decimal("0.01")), "10.995", "11.00", "11.00", "10.99"),
        (own_scale("10", "0.1", "6", final_step=Decimal(1)), "5.5", "6", "6", "5"),
        (STANDARD_SCALES["ad-c"], "1.5", "A", "A", "B"),
        (STANDARD_SCALES["ad-c"], "2.5", "AD", "A", "A"),
        (STANDARD_SCALES["a-f"], "0.5", "D", "F", "F"),
    ],
)
def test_mean_comes_to_the_grade_that_the_schools_rule_says(
    scale: GradingScale, mean: str, up: str, even: str, down: str
) -> None:
    found = [replace(scale, rounding=rule).rounded(Fraction(mean)) for rule in Rounding]
    assert found == [up, even, down]


def test_grades_pass_by_their_own_mark_when_there_is_one() -> None:
    scale = own_scale("20", "1", "11", final_step=Decimal("0.1"), final_passing="10.5")
    assert [scale.passes(scale.rounded(Fraction(mean))) for mean in ("10.44", "10.45", "10.5")] == [False, True, True]
    exact = replace(scale, rounding=Rounding.DOWN)
    assert [exact.passes(exact.rounded(Fraction(mean))) for mean in ("10.49", "10.5")] == [False, True]


@st.composite
def own_final_scales(draw: st.DrawFn) -> GradingScale:
    """A scale of the school's own whose consolidated grades lie closer together, or further apart, than its scores."""
    scale = draw(own_scales())
    assert scale.minimum is not None
    assert scale.maximum is not None
    steps = [Decimal(step) for step in ("0.01", "0.1", "0.25", "0.5", "1", "5")]
    fitting = [step for step in steps if (scale.maximum - scale.minimum) % step == 0]
    final_step = draw(st.sampled_from(fitting)) if fitting else None
    mark = scale.minimum + (final_step or scale.step or 1) * draw(st.integers(0, 1))
    rounding = draw(st.sampled_from(Rounding))
    return replace(scale, rounding=rounding, final_step=final_step, final_passing=f"{mark:f}")


@settings(deadline=None)
@given(own_final_scales(), st.data())
def test_rounded_mean_is_the_grade_beside_it_that_the_rule_says(scale: GradingScale, data: st.DataObject) -> None:
    assert scale.minimum is not None
    assert scale.maximum is not None
    minimum, step = Fraction(scale.minimum), Fraction(scale.final_step or scale.step or 0)
    steps = int((Fraction(scale.maximum) - minimum) / step)
    between = data.draw(st.sampled_from([Fraction(0), Fraction(1, 3), Fraction(1, 2), Fraction(2, 3)]))
    below = data.draw(st.integers(0, steps - 1))
    mean = minimum + (below + between) * step
    text = scale.rounded(mean)
    grade = Fraction(text)
    worse, better = minimum + below * step, minimum + (below + 1) * step
    if between == 0 or scale.rounding is Rounding.DOWN or between < Fraction(1, 2):
        assert grade == worse
    elif between > Fraction(1, 2) or scale.rounding is Rounding.HALF_UP:
        assert grade == better
    else:
        even = [found for found in (worse, better) if int(found // step) % 2 == 0]
        assert [grade] == even
    assert scale.passes(text) is (grade >= Fraction(scale.final_passing or ""))
    assert text == f"{Decimal(text):f}"
    assert scale.rounded(Fraction(text)) == text


def test_refusal_never_repeats_the_text() -> None:
    assert "María" not in refusal(STANDARD_SCALES["1-7"], "María 6.5")


@pytest.mark.parametrize(
    ("scale_id", "changes"),
    [
        ("1-7", {"step": None}),
        ("1-7", {"step": Decimal(0)}),
        ("1-7", {"step": Decimal("-0.1")}),
        ("1-7", {"step": Decimal("0.7")}),
        ("1-7", {"step": Decimal("NaN")}),
        ("1-7", {"step": Decimal("0.00001")}),
        ("1-7", {"minimum": Decimal(7)}),
        ("1-7", {"maximum": Decimal("Infinity")}),
        ("1-7", {"maximum": Decimal(10_001)}),
        ("1-7", {"maximum": Decimal("7.05")}),
        ("1-7", {"passing": "4.05"}),
        ("1-7", {"passing": "8"}),
        ("1-7", {"passing": "four"}),
        ("1-7", {"letters": ("A", "B")}),
        ("1-7", {"scale_id": "1..7"}),
        ("1-7", {"kind": "numeric"}),
        ("ad-c", {"passing": "D"}),
        ("ad-c", {"letters": ("B",)}),
        ("ad-c", {"letters": ("B", "B")}),
        ("ad-c", {"letters": ("A", "B", "b")}),
        ("ad-c", {"letters": ("A", "B", "")}),
        ("ad-c", {"letters": ("A", "B", "C" * 21)}),
        ("ad-c", {"letters": ("A", "B", " C")}),
        ("ad-c", {"letters": ("A", "B", "C ")}),
        ("ad-c", {"letters": ("A", "B", "C  D")}),
        ("ad-c", {"letters": ("A", "B", "C\nD")}),
        ("ad-c", {"letters": ("A", "B", "C\u00a0D")}),
        ("ad-c", {"letters": ("A", "B", "C\u200bD")}),
        ("ad-c", {"letters": ("A", "B", "C\u202eD")}),
        ("ad-c", {"letters": ("A", "B", "C1")}),
        ("ad-c", {"letters": ("A", "B", "=C")}),
        ("ad-c", {"letters": ("A", "B", "+C")}),
        ("ad-c", {"letters": ("A", "B", "-")}),
        ("ad-c", {"letters": ("A", "B", "@C")}),
        ("ad-c", {"letters": ("A", "B", "C;D")}),
        ("ad-c", {"letters": ("A", "B", "Ba\u0301sico")}),  # not composed
        ("ad-c", {"letters": ("A", "B", "\u0301C")}),
        ("ad-c", {"minimum": Decimal(0)}),
        ("ad-c", {"final_step": Decimal(1)}),
        ("ad-c", {"final_passing": "D"}),
        ("1-7", {"rounding": "half_up"}),
        ("1-7", {"final_step": Decimal(0)}),
        ("1-7", {"final_step": Decimal("-0.1")}),
        ("1-7", {"final_step": Decimal("NaN")}),
        ("1-7", {"final_step": Decimal("0.7")}),  # 7 is no such grade
        ("1-7", {"final_step": Decimal(4)}),
        ("1-7", {"final_step": Decimal("0.00001")}),
        ("1-7", {"final_step": Decimal(2)}),  # nor is the passing mark, 4
        ("1-7", {"final_passing": "3.95"}),
        ("1-7", {"final_passing": "7.1"}),
        ("1-7", {"late_penalty": Decimal(0)}),
        ("1-7", {"late_penalty": Decimal("-0.5")}),
        ("1-7", {"late_penalty": Decimal("NaN")}),
        ("1-7", {"late_penalty": Decimal("Infinity")}),
        ("1-7", {"late_penalty": Decimal("0.00001")}),
    ],
)
def test_contradictory_scale_is_refused(scale_id: str, changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        replace(STANDARD_SCALES[scale_id], **changes)  # type: ignore[arg-type]  # wrong on purpose
