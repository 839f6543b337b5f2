"""The check digits are worked out here a second time, from known real examples, to prove that ours all fail."""

import re
from datetime import date

import pytest

from evaluations.demo.national_ids import SERIALS, national_id

BORN_ON = date(2015, 5, 18)
FORMATS = {
    "AR": r"99\.\d{3}\.\d{3}",
    "CL": r"99\.\d{3}\.\d{3}-[\dK]",
    "CO": r"0\d{9}",
    "EC": r"99\d{8}",
    "MX": r"[A-Z]X[A-Z]{2}\d{6}XZZ[B-Z]{3}A\d",
    "PE": r"99\d{6}-\d",
}


def make(country: str, serial: int) -> str:
    return national_id(country, serial, "Ñahui de la Cruz", "Ángel", BORN_ON)


def is_valid_rut(text: str) -> bool:
    body, check = text.replace(".", "").split("-")
    total, factor = 0, 2
    for digit in body[::-1]:
        total += int(digit) * factor
        factor = 2 if factor == 7 else factor + 1
    expected = 11 - total % 11
    return check == {11: "0", 10: "K"}.get(expected, str(expected))


def is_valid_cedula(text: str) -> bool:
    total = 0
    for place, char in enumerate(text[:9]):
        digit = int(char) * 2 if place in (0, 2, 4, 6, 8) else int(char)
        total += digit - 9 if digit > 9 else digit
    return int(text[9]) == (10 - total % 10) % 10


def is_valid_dni(text: str) -> bool:
    body, check = text.split("-")
    total = sum(int(digit) * weight for digit, weight in zip(body, [3, 2, 7, 6, 5, 4, 3, 2], strict=True))
    key = 11 - total % 11
    return check == "67890112345"[0 if key == 11 else key]


def is_valid_curp(text: str) -> bool:
    values = {char: value for value, char in enumerate("0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ")}
    total = sum(values[char] * weight for char, weight in zip(text, range(18, 1, -1), strict=False))
    return int(text[17]) == (10 - total % 10) % 10


VALIDATORS = {"CL": is_valid_rut, "EC": is_valid_cedula, "MX": is_valid_curp, "PE": is_valid_dni}


@pytest.mark.parametrize(
    ("country", "published"),
    [("CL", "12.531.909-2"), ("EC", "1714307103"), ("MX", "BOXW310820HNERXN09"), ("PE", "10117410-2")],
)
def test_validator_accepts_a_published_example(country: str, published: str) -> None:
    assert VALIDATORS[country](published)


@pytest.mark.parametrize("country", VALIDATORS)
def test_check_digit_always_fails(country: str) -> None:
    assert not any(VALIDATORS[country](make(country, serial)) for serial in range(SERIALS))


@pytest.mark.parametrize("country", FORMATS)
def test_ids_have_the_countrys_format_and_never_repeat(country: str) -> None:
    ids = [make(country, serial) for serial in range(SERIALS)]
    assert all(re.fullmatch(FORMATS[country], one, re.ASCII) for one in ids)
    assert len(set(ids)) == SERIALS


def test_curp_carries_plain_initials_and_the_birth_date() -> None:
    assert make("MX", 0).startswith("XXCA150518XZZ")


@pytest.mark.parametrize("serial", [-1, SERIALS])
def test_serial_without_an_id_of_its_own_is_refused(serial: int) -> None:
    with pytest.raises(ValueError, match="serial"):
        make("CL", serial)
