"""National ids in each country's format that no real person can have.

Each is wrong in every way its country offers: outside the ranges that are issued and, where there is a check digit
(Chile, Ecuador, Mexico, Peru), with one that fails. Colombia and Argentina have none, so there the range alone tells.
The check-digit rules are the published ones, as python-stdnum implements them (``cl.rut``, ``ec.ci``, ``mx.curp``,
``pe.cui``).
"""

import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType

SERIALS = 5_000

_RUT_DIGITS = "0123456789K"
_CURP_ALPHABET = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
_CURP_LENGTH = 18
_CURP_CONSONANTS = "BCDFGHJKLMNPQRSTVWXYZ"
_CUI_WEIGHTS = (3, 2, 7, 6, 5, 4, 3, 2)
_CUI_DIGITS = "65432110987"
_DECIMAL = "0123456789"


def national_id(country: str, serial: int, family_name: str, given_name: str, birth_on: date) -> str:
    """Return the impossible id of person ``serial`` (0 to ``SERIALS`` - 1; each has another) in ``country``."""
    if not 0 <= serial < SERIALS:
        raise ValueError(f"serial: not between 0 and {SERIALS - 1}")
    if country == "MX":
        return _curp(serial, family_name, given_name, birth_on)
    return _NUMBERED[country](f"{_scattered(serial):06}")


def _scattered(serial: int) -> int:
    """Spread serials over six digits, one to one: 613,189 shares no factor with a million."""
    return (serial * 613_189 + 170_717) % 1_000_000


def _failing(digits: str, right: str, salt: int) -> str:
    """Return one of ``digits`` that is not ``right``."""
    return digits[(digits.index(right) + 1 + salt % (len(digits) - 1)) % len(digits)]


def _chile(number: str) -> str:
    """RUN: people's numbers have not reached 50 million; 99 million and up is nobody's."""
    body = f"99{number}"
    total = sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(body)))
    check = _failing(_RUT_DIGITS, _RUT_DIGITS[-total % 11], int(number))
    return f"{body[:2]}.{body[2:5]}.{body[5:]}-{check}"


def _colombia(number: str) -> str:
    """NUIP of ten digits: issued ones start at 1,000,000,000, so a leading zero is nobody's."""
    return f"0990{number}"


def _peru(number: str) -> str:
    """DNI with its check digit; numbers from 99 million are not issued yet."""
    body = f"99{number}"
    total = sum(weight * int(digit) for weight, digit in zip(_CUI_WEIGHTS, body, strict=True))
    return f"{body}-{_failing(_DECIMAL, _CUI_DIGITS[total % 11], int(number))}"


def _ecuador(number: str) -> str:
    """Cédula: the first two digits are a province, 01 to 24 (or 30); there is no 99."""
    body = f"990{number}"
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(body))
    total = sum(value - 9 if value > 9 else value for value in doubled)  # noqa: PLR2004 - the check digit's own rule
    return body + _failing(_DECIMAL, str(-total % 10), int(number))


def _argentina(number: str) -> str:
    """DNI: foreigners' stand in the nineties of millions; 99 million and up is beyond them."""
    return f"99.{number[:3]}.{number[3:]}"


def _curp(serial: int, family_name: str, given_name: str, birth_on: date) -> str:
    """CURP: ``ZZ`` is no state, and the check digit fails. The vowel is always X, so that no word appears."""
    father, mother = _initials(family_name)
    base = len(_CURP_CONSONANTS)
    consonants = "".join(_CURP_CONSONANTS[serial // base**place % base] for place in (2, 1, 0))
    body = f"{father}X{mother}{_initials(given_name)[-1]}{birth_on:%y%m%d}XZZ{consonants}A"
    total = sum((_CURP_LENGTH - place) * _CURP_ALPHABET.index(char) for place, char in enumerate(body))
    return body + _failing(_DECIMAL, str(-total % 10), serial)


def _initials(names: str) -> tuple[str, str]:
    """Return the first letters of the first and the last name, as plain capitals (Ñ becomes X, as RENAPO does)."""
    plain = unicodedata.normalize("NFD", names.upper().replace("Ñ", "X"))
    words = [word for word in plain.split() if word not in {"DE", "DEL", "LA", "LOS"}]
    return words[0][0], words[-1][0]


_NUMBERED: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {"AR": _argentina, "CL": _chile, "CO": _colombia, "EC": _ecuador, "PE": _peru}
)
