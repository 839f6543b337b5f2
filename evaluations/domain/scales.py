"""Grading scales: what a score may be and how it is written; what a mean comes to, and whether it passes."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact, InvalidOperation
from enum import StrEnum
from fractions import Fraction
from math import floor
from types import MappingProxyType
from typing import assert_never

from edu.values import decimal_number
from evaluations.domain.checks import check_id

_EXACT = Context(prec=60, rounding=ROUND_HALF_UP, traps=[Inexact, InvalidOperation])
_MAX_BOUND = 10_000
_MAX_DECIMALS = 4
_MIN_LETTERS = 2
_BESIDE_LETTERS = frozenset("+- ")
MAX_VALUE_CHARS = 20  # of a grade as it is stored
_HALF = Fraction(1, 2)


class ScaleKind(StrEnum):
    """How a scale writes grades."""

    NUMERIC = "numeric"
    LETTERS = "letters"


class Rounding(StrEnum):
    """Which grade a mean between two comes to: the nearer one, and of two as near the better or the even; or the worse.

    ``down`` is what schools call truncating: nobody is given what was not reached.
    """

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    DOWN = "down"


class RefusalReason(StrEnum):
    """Why a grade is not on a scale: the whole message of the ValueError, for machines to read."""

    OUT_OF_RANGE = "out_of_range"
    BAD_STEP = "bad_step"
    NOT_A_NUMBER = "not_a_number"
    UNKNOWN_LETTER = "unknown_letter"


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRange:
    """The numbers ``step`` apart from ``minimum`` to ``maximum``."""

    minimum: Decimal
    maximum: Decimal
    step: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class GradingScale:
    """A numeric scale (``minimum``, ``maximum``, ``step``) or one of ``letters``, best first; ``passing`` passes.

    A consolidated grade is one of the numbers ``final_step`` apart (``None``: ``step``) from the minimum on, or one of
    the letters; ``rounding`` says which, and it passes from ``final_passing`` on (``None``: ``passing``).
    ``late_penalty`` is what late work loses when a grade is computed, in points of the scale (of letters: in ranks),
    never below the worst grade; the score stays as it was written. ``None``: nothing.
    """

    scale_id: str
    kind: ScaleKind
    passing: str
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    step: Decimal | None = None
    letters: tuple[str, ...] = ()
    rounding: Rounding = Rounding.HALF_UP
    final_step: Decimal | None = None
    final_passing: str | None = None
    late_penalty: Decimal | None = None

    def __post_init__(self) -> None:
        """Raise ValueError when the scale contradicts itself."""
        check_id("scale_id", self.scale_id)
        if not isinstance(self.kind, ScaleKind):
            raise ValueError("kind: not a ScaleKind")  # noqa: TRY004 - one error type for every broken invariant
        match self.kind:
            case ScaleKind.NUMERIC:
                self._check_numeric()
            case ScaleKind.LETTERS:
                self._check_letters()
            case _:
                assert_never(self.kind)
        if not isinstance(self.rounding, Rounding):
            raise ValueError("rounding: not a Rounding")  # noqa: TRY004 - one error type for every broken invariant
        self.passes(self.grade_passing)
        self._check_late_penalty()

    @property
    def decimals(self) -> int:
        """How many decimals a canonical number of this scale has; 0 for letters."""
        match self.kind:
            case ScaleKind.NUMERIC:
                return self._decimals_by(self._bounds()[2])
            case ScaleKind.LETTERS:
                return 0

    @property
    def choices(self) -> NumberRange | tuple[str, ...]:
        """What a score may be, for whoever is to be told: numbers of a range, or one of these words, best first."""
        match self.kind:
            case ScaleKind.NUMERIC:
                minimum, maximum, step = self._bounds()
                return NumberRange(minimum=minimum, maximum=maximum, step=step)
            case ScaleKind.LETTERS:
                return self.letters

    @property
    def grade_step(self) -> Decimal | None:
        """How far apart consolidated grades lie; ``None`` for letters."""
        return self.step if self.final_step is None else self.final_step

    @property
    def grade_passing(self) -> str:
        """The consolidated grade that passes, and all better ones do."""
        return self.passing if self.final_passing is None else self.final_passing

    def parse(self, text: str) -> Decimal | str:
        """Read a grade a person or a client wrote.

        Numbers are plain ASCII with a decimal point: a screen that takes commas translates them first. Letters are
        written as the scale writes them, capitals and all, in whatever normal form of Unicode.

        Raises:
            ValueError: with one ``RefusalReason`` as its whole message, never the text.
        """
        match self.kind:
            case ScaleKind.NUMERIC:
                return self._check_number(_number(text), self._bounds()[2])
            case ScaleKind.LETTERS:
                return self._check_value(unicodedata.normalize("NFC", text))

    def rounded(self, mean: Fraction) -> str:
        """The consolidated grade a mean comes to; of letters it is a mean of ranks, the worst letter's being 0.

        The mean lies between the worst and the best grade. It is rounded this once, from the exact fraction.
        """
        match self.kind:
            case ScaleKind.NUMERIC:
                return self._rounded_number(mean)
            case ScaleKind.LETTERS:
                return self.letters[len(self.letters) - 1 - self._whole(mean)]

    def passes(self, grade: str) -> bool:
        """Whether a consolidated grade, written as ``rounded`` writes it, passes.

        Raises:
            ValueError: it is none of this scale; a ``RefusalReason`` is its whole message.
        """
        match self.kind:
            case ScaleKind.NUMERIC:
                return self._final_number(grade) >= self._final_number(self.grade_passing)
            case ScaleKind.LETTERS:
                self._check_value(grade)
                return self.letters.index(grade) <= self.letters.index(self.grade_passing)

    def canonical(self, value: Decimal | str) -> str:
        """Write ``value`` the one way it is stored: fixed decimals, no exponent. Raises ValueError like ``parse``."""
        checked = self._check_value(value)
        return checked if isinstance(checked, str) else f"{checked:f}"

    def _rounded_number(self, mean: Fraction) -> str:
        minimum, step = self._bounds()[0], self._final_step()
        first = Fraction(minimum) / Fraction(step) % 1  # where the steps begin, so that an even one is an even number
        units = self._whole(mean / Fraction(step) - first)
        return f"{self._check_number(_decimal((units + first) * Fraction(step)), step):f}"

    def _check_value(self, value: Decimal | str) -> Decimal | str:
        match self.kind:
            case ScaleKind.NUMERIC:
                if not isinstance(value, Decimal):
                    raise ValueError(RefusalReason.NOT_A_NUMBER)  # noqa: TRY004 - one error type, with a reason
                return self._check_number(value, self._bounds()[2])
            case ScaleKind.LETTERS:
                if not isinstance(value, str) or value not in self.letters:
                    raise ValueError(RefusalReason.UNKNOWN_LETTER)
                return value

    def _final_number(self, text: str) -> Decimal:
        return self._check_number(_number(text), self._final_step())

    def _check_number(self, value: Decimal, step: Decimal) -> Decimal:
        """Return ``value`` with the fixed decimals of ``step``, or raise: nothing is ever rounded here."""
        if not value.is_finite() or (value.is_zero() and value.is_signed()):
            raise ValueError(RefusalReason.NOT_A_NUMBER)
        minimum, maximum, _ = self._bounds()
        if not minimum <= value <= maximum:
            raise ValueError(RefusalReason.OUT_OF_RANGE)
        try:
            fixed = value.quantize(Decimal(1).scaleb(-self._decimals_by(step)), context=_EXACT)
        except Inexact:
            raise ValueError(RefusalReason.BAD_STEP) from None
        if _EXACT.remainder(_EXACT.subtract(fixed, minimum), step):
            raise ValueError(RefusalReason.BAD_STEP)
        return fixed

    def _whole(self, units: Fraction) -> int:
        if self.rounding is Rounding.HALF_EVEN:
            return round(units)
        return floor(units if self.rounding is Rounding.DOWN else units + _HALF)

    def _decimals_by(self, step: Decimal) -> int:
        return max(_decimals_of(self._bounds()[0]), _decimals_of(step))

    def _final_step(self) -> Decimal:
        return self.grade_step or self._bounds()[2]

    def _bounds(self) -> tuple[Decimal, Decimal, Decimal]:
        if self.minimum is None or self.maximum is None or self.step is None:
            raise ValueError("a numeric scale needs minimum, maximum and step")
        return self.minimum, self.maximum, self.step

    def _check_numeric(self) -> None:
        minimum, maximum, step = bounds = self._bounds()
        if self.letters or not all(number.is_finite() and abs(number) <= _MAX_BOUND for number in bounds):
            raise ValueError(f"a numeric scale has no letters and its numbers lie within {_MAX_BOUND}")
        if minimum >= maximum or step <= 0 or self.decimals > _MAX_DECIMALS:
            raise ValueError(f"minimum must be below maximum and step positive, with at most {_MAX_DECIMALS} decimals")
        self._check_value(maximum)
        self.parse(self.passing)
        final_step = step if self.final_step is None else self.final_step
        if not final_step.is_finite() or final_step <= 0 or _decimals_of(final_step) > _MAX_DECIMALS:
            raise ValueError(f"final_step: not above 0 with at most {_MAX_DECIMALS} decimals")
        self._check_number(maximum, final_step)

    def _check_late_penalty(self) -> None:
        penalty = self.late_penalty
        if penalty is None:
            return
        if not penalty.is_finite() or not 0 < penalty <= _MAX_BOUND or _decimals_of(penalty) > _MAX_DECIMALS:
            raise ValueError(f"late_penalty: not above 0 with at most {_MAX_DECIMALS} decimals")

    def _check_letters(self) -> None:
        if any(number is not None for number in (self.minimum, self.maximum, self.step, self.final_step)):
            raise ValueError("a scale of letters has no minimum, maximum or step")
        different = {letter.casefold() for letter in self.letters}
        if len(self.letters) < _MIN_LETTERS or len(different) != len(self.letters):
            raise ValueError("a scale needs at least two different letters")
        if not all(_is_letter(letter) for letter in self.letters):
            raise ValueError(f"letters: not words of 1 to {MAX_VALUE_CHARS} letters, +, - and single spaces, in NFC")
        self.parse(self.passing)


def _number(text: str) -> Decimal:
    try:
        return decimal_number(text)
    except ValueError:
        raise ValueError(RefusalReason.NOT_A_NUMBER) from None


def _is_letter(text: str) -> bool:
    """Whether a scale may write this: a letter or words of any language, that begin with a letter, as NFC.

    Printable, and no formula to a spreadsheet.
    """
    if not 0 < len(text) <= MAX_VALUE_CHARS or not unicodedata.is_normalized("NFC", text) or not text.isprintable():
        return False
    if not text[0].isalpha() or text != " ".join(text.split()):
        return False
    # Guarani writes some letters with a combining mark that has no composed form
    return all(char.isalpha() or char in _BESIDE_LETTERS or unicodedata.category(char) == "Mn" for char in text)


def _decimals_of(number: Decimal) -> int:
    exponent = number.normalize(_EXACT).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _decimal(number: Fraction) -> Decimal:
    """A number of the scale as a decimal: its denominator divides a power of ten, so this is exact."""
    return _EXACT.divide(Decimal(number.numerator), Decimal(number.denominator))


def _numeric(minimum: str, maximum: str, step: str, passing: str) -> GradingScale:
    return GradingScale(
        scale_id=f"{minimum}-{maximum}",
        kind=ScaleKind.NUMERIC,
        minimum=Decimal(minimum),
        maximum=Decimal(maximum),
        step=Decimal(step),
        passing=passing,
    )


def _letters(scale_id: str, letters: str, passing: str) -> GradingScale:
    return GradingScale(scale_id=scale_id, kind=ScaleKind.LETTERS, letters=tuple(letters.split()), passing=passing)


# Scales in use in Latin American schools, by id. 0-20: Peru's before its letters, and Venezuela's. 1-7: Chile, one
# decimal, 4.0 passes (Decreto 67 of 2018). 1-5: Colombia, where each school chooses its scale (Decreto 1290 of 2009).
# 0-10: Ecuador, 7 passes. 1-10: Argentina. 5-10: Mexico's public basic education, where 5 is the only mark that fails
# (Acuerdo 10/09/23). AD-C: Peru (Currículo Nacional). Superior to Bajo: Colombia's national words, of which Bajo fails
# (Decreto 1290 of 2009, article 5). All of them round half up, once, to the step of the scores: what is done with a
# mean is mostly each school's own rule, which it sets with ``dataclasses.replace``, as its passing mark.
STANDARD_SCALES: Mapping[str, GradingScale] = MappingProxyType(
    {
        scale.scale_id: scale
        for scale in (
            _numeric("0", "20", "1", "11"),
            _numeric("1", "7", "0.1", "4"),
            _numeric("1", "5", "0.1", "3"),
            _numeric("0", "100", "1", "60"),
            _numeric("0", "10", "0.01", "7"),
            _numeric("1", "10", "1", "6"),
            _numeric("5", "10", "0.1", "6"),
            _letters("a-f", "A B C D F", "D"),
            _letters("ad-c", "AD A B C", "B"),
            _letters("superior-bajo", "Superior Alto Básico Bajo", "Básico"),
        )
    }
)
