"""One reader for each kind of value that a cell holds; what is wrong is in the report, under the cell's place."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from edu.texts import is_one_line
from edu.values import calendar_date, is_id
from evaluations.roster_files.problems import Report

if TYPE_CHECKING:
    from evaluations.roster_files.tables import Row

_WITH_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ][0-9:.]{5,15}(?:Z|[+-][0-9:]{5})?")
_BY_MARKS = re.compile(r"([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4})")
_YEAR_FIRST = re.compile(r"([0-9]{4})[./]([0-9]{1,2})[./]([0-9]{1,2})")
_LEVEL = re.compile(r"[0-9]{1,2}")
_LEVELS = range(1, 14)
_MONTHS = 12


class DateOrder(StrEnum):
    """How a day like ``1/05/2023`` is meant."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


@dataclass(frozen=True)
class Cells:
    """Reads the cells of one file's rows."""

    file: str
    report: Report
    date_order: DateOrder | None = None

    def refuse(self, row: Row, column: str, rule: str) -> None:
        """Note what is wrong with a cell."""
        self.report.refuse(self.file, rule, row=row.number, column=column)

    def text(self, row: Row, column: str) -> str:
        """A line of text; empty when it is missing or cannot be read, which is in the report."""
        if not row[column]:
            self.refuse(row, column, "required")
            return ""
        if is_one_line(row[column]):
            return row[column]
        self.refuse(row, column, "unreadable")
        return ""

    def day(self, row: Row, column: str) -> date | None:
        """A day; ``None`` where there is none, or what stands there is none."""
        text = row[column]
        if not text:
            return None
        written = _WITH_TIME.fullmatch(text)
        with suppress(ValueError):
            return calendar_date(written[1] if written else text)
        with suppress(ValueError):
            if found := _YEAR_FIRST.fullmatch(text):
                year, month, day = map(int, found.groups())
                return date(year, month, day)
            if found := _BY_MARKS.fullmatch(text):
                return self._by_marks(row, column, *map(int, found.groups()))
        self.refuse(row, column, "invalid_date")
        return None

    def id(self, row: Row, column: str) -> str:
        """An id of ours for what the file names so; empty when it names nothing, which is in the report."""
        text = self.text(row, column)
        return own_id(text) if text else ""

    def level(self, row: Row, column: str) -> int | None:
        """A grade level, where exactly one of ours is said."""
        said = {part.strip() for part in row[column].split(",") if part.strip()}
        found = {int(part) for part in said if _LEVEL.fullmatch(part)}
        return found.pop() if len(said) == len(found) == 1 and found <= set(_LEVELS) else None

    def _by_marks(self, row: Row, column: str, first: int, second: int, year: int) -> date | None:
        order = self.date_order
        if order is None and first != second and first <= _MONTHS and second <= _MONTHS:
            self.refuse(row, column, "ambiguous_date")
            return None
        month_first = order is DateOrder.MONTH_FIRST if order else first <= _MONTHS < second
        return date(year, first, second) if month_first else date(year, second, first)


def own_id(source_id: str) -> str:
    """The id under which we keep what another system calls so: the same where it fits, else made of its digest."""
    if is_id(source_id):
        return source_id
    return f"or-{hashlib.sha256(source_id.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"
