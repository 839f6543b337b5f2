"""How a school's papers write numbers, instants and tables: by its country and clock, for a reader of either language.

Decimal marks are CLDR's: Spanish of Latin America (``es-419``) has a point, and a comma where the country has one. A
comma is taken by the numbers then, so tables are separated by ``;``, as a spreadsheet set up for that country expects.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol
from zoneinfo import ZoneInfo

from django.utils.translation import get_language

from edu.values import decimal_number

if TYPE_CHECKING:
    from datetime import datetime

_DECIMAL_POINT = frozenset({"BZ", "CU", "DO", "GT", "HN", "MX", "NI", "PA", "PE", "PR", "SV", "US"})


BYTE_ORDER_MARK: Final = "\ufeff"  # without it Excel reads UTF-8 as the system's own code page
_FORMULA = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


class Place(Protocol):
    """Where a school is: its country, and its IANA time zone."""

    @property
    def country(self) -> str:
        """ISO 3166 alpha-2."""
        ...

    @property
    def time_zone(self) -> str:
        """The zone's name."""
        ...


@dataclass(frozen=True)
class Convention:
    """What stands between a table's cells, and between a number's whole and its decimals; how instants are written."""

    delimiter: str
    decimal_mark: str
    instant_format: str
    zone: ZoneInfo

    def number(self, text: str) -> str:
        """A grade or a mean as it is written here: a number with the decimal mark, a letter as it is."""
        return text.replace(".", self.decimal_mark) if is_number(text) else text

    def instant(self, instant: datetime) -> str:
        """An instant by the school's own clock, to the minute."""
        return instant.astimezone(self.zone).strftime(self.instant_format)


def of(school: Place) -> Convention:
    """The school's convention in the language in force. English is written as English is, whatever the country."""
    zone = ZoneInfo(school.time_zone)
    if (get_language() or "").startswith("en"):
        return Convention(",", ".", "%Y-%m-%d %H:%M", zone)
    delimiter, decimal_mark = (",", ".") if school.country in _DECIMAL_POINT else (";", ",")
    return Convention(delimiter, decimal_mark, "%d/%m/%Y %H:%M", zone)


def is_number(text: str) -> bool:
    """Whether a grade is a number as the product stores it, and not a letter or a word of its scale."""
    try:
        decimal_number(text)
    except ValueError:
        return False
    return True


def safe_cell(text: str) -> str:
    """A text that a spreadsheet takes for no formula: with an apostrophe in front (OWASP, "CSV Injection")."""
    return f"'{text}" if _FORMULA.match(text) else text
