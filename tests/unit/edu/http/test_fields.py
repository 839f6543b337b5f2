"""A field takes what the contract says of it, and refuses what the framework would have made of anything else."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation
from rest_framework.exceptions import ValidationError
from rest_framework.fields import Field

from edu.http.fields import DayField, DecimalTextField, IdField, LineField, TruthField, WholeNumberField
from tests.unit.edu.test_values import NO_NUMBERS

LIMIT = WholeNumberField(in_query=True, min_value=1, max_value=500)
VERSION = WholeNumberField(min_value=1, max_value=999_999_999)
WEIGHT = DecimalTextField(max_digits=5, decimal_places=2, min_value=Decimal("0.01"), max_value=100)
LINE = LineField(max_length=5, error_messages={"invalid": "Send a line"})


def rule(field: Any, sent: object) -> str:
    with pytest.raises(ValidationError) as caught:
        field.run_validation(sent)
    codes: Any = caught.value.get_codes()
    return str(codes[0])


@pytest.mark.parametrize("text", NO_NUMBERS[1:])
def test_number_of_a_query_or_a_weight_is_plain(text: str) -> None:
    assert rule(LIMIT, text) == "invalid"
    assert rule(WEIGHT, text) == "invalid"


@pytest.mark.parametrize(("text", "number"), [("1", 1), ("007", 7), ("500", 500)])
def test_number_of_a_query(text: str, number: int) -> None:
    assert LIMIT.run_validation(text) == number


@pytest.mark.parametrize(("text", "broken"), [("0", "min_value"), ("-5", "min_value"), ("501", "max_value")])
def test_number_of_a_query_out_of_bounds(text: str, broken: str) -> None:
    assert rule(LIMIT, text) == broken


@pytest.mark.parametrize("sent", [1, Decimal("1.0"), Decimal("1E0"), Decimal("10E-1")])
def test_whole_number_of_a_body_is_a_json_number(sent: object) -> None:
    assert VERSION.run_validation(sent) == 1


@pytest.mark.parametrize(
    "sent",
    ["1", "1_0", True, [1], Decimal("1.5"), Decimal("1E-9999999"), Decimal("1E+9999999"), Decimal("NaN"), 1.0],
)
def test_whole_number_of_a_body_is_nothing_else(sent: object) -> None:
    assert rule(VERSION, sent) == "invalid"


@pytest.mark.parametrize("sent", ["25", "25.00", "025.0", 25, Decimal("25.0"), Decimal("2.5E1")])
def test_weight_is_what_it_is_worth(sent: object) -> None:
    assert WEIGHT.run_validation(sent) == Decimal("25.00")


@pytest.mark.parametrize(
    ("sent", "broken"),
    [
        *((-1, "min_value"), ("0", "min_value"), ("0.00", "min_value"), ("100.01", "max_value"), ("-25", "min_value")),
        *(("1.001", "max_decimal_places"), ("1000", "max_whole_digits"), ("-0", "invalid"), (True, "invalid")),
        *((Decimal("1E+9999999"), "invalid"), (Decimal("1E-9999999"), "invalid"), ([25], "invalid"), ({}, "invalid")),
    ],
)
def test_weight_out_of_bounds(sent: object, broken: str) -> None:
    assert rule(WEIGHT, sent) == broken


@pytest.mark.parametrize(
    "sent", ["2026-W47-5", "20261123", "2026-1-5", " 2026-11-23", "2026-02-30", 20261123, None, ["2026-11-23"], ""]
)
def test_day_has_one_form(sent: object) -> None:
    assert rule(DayField(), sent) in {"invalid", "null"}
    assert DayField().run_validation("2026-11-23") == date(2026, 11, 23)


def test_day_that_is_none_says_the_form() -> None:
    with translation.override("es"), pytest.raises(ValidationError) as caught:
        DayField().run_validation("2026-W47-5")
    assert "AAAA-MM-DD" in str(caught.value)


@pytest.mark.parametrize("sent", [" t1", "t1 ", "t1\n", "T1", "a#b", "\uff54", 5, True, ["t1"], "a" * 41])
def test_id_has_one_form(sent: object) -> None:
    assert rule(IdField(), sent) == "invalid"
    assert IdField().run_validation("2026-t1") == "2026-t1"


@pytest.mark.parametrize("sent", ["true", "yes", "on", "t", 1, 0, "1", "", [], Decimal(1)])
def test_truth_is_true_or_false(sent: object) -> None:
    assert rule(TruthField(), sent) == "invalid"
    assert TruthField().run_validation(sent is None) is False


@pytest.mark.parametrize("sent", [7, Decimal(7), True, ["x"], {}])
def test_line_is_a_text(sent: object) -> None:
    assert rule(LINE, sent) == "invalid"


def test_line_is_kept_as_people_read_it_and_measured_after_that() -> None:
    assert LINE.run_validation("\u00a0 uno\u00a02  ") == "uno 2"
    assert rule(LINE, "uno 23") == "max_length"
    assert rule(LINE, " \u00a0") == "blank"


@pytest.mark.parametrize(("sent", "named"), [("a\x07", "U+0007"), ("\0", "U+0000"), ("\ud800", "U+D800")])
def test_line_with_a_character_that_says_nothing_names_it(sent: str, named: str) -> None:
    with translation.override("es"), pytest.raises(ValidationError) as caught:
        LINE.run_validation(sent)
    [said] = caught.value.detail
    assert str(said) == f"Send a line. No se puede leer este carácter: {named}"
    assert rule(LINE, sent) == "invalid"


def test_every_field_has_no_other_parser() -> None:
    """What the framework would read these with is not asked: each class reads for itself."""
    for kind in (DayField, DecimalTextField, IdField, LineField, TruthField, WholeNumberField):
        assert kind.to_internal_value is not Field.to_internal_value
        assert "to_internal_value" in vars(kind)
