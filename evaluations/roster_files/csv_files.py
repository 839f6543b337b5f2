"""CSV of any common encoding and separator, as spreadsheets write it."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from evaluations.roster_files.tables import MAX_COLUMNS, MAX_ROWS, RawTable
from evaluations.roster_files.texts import decode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evaluations.roster_files.problems import Report

_SEPARATORS = ",;\t|"
_SAID = "sep="  # a first line of Excel's own


def read_csv(file: str, content: bytes, report: Report) -> RawTable:
    """The rows of a file, with their numbers; what cannot be read is in the report, and ends the rows."""
    decoded = decode(content)
    if decoded is None:
        report.refuse(file, "unreadable")
        return RawTable(file, ())
    text, is_utf8 = decoded
    if not is_utf8:
        report.notice(file, "encoding")
    text, separator, skipped = _separated(text)
    if separator != ",":
        report.notice(file, "separator")
    return RawTable(file, list(_rows(file, text, separator, skipped, report)))


def _separated(text: str) -> tuple[str, str, int]:
    """The text without a line that says the separator, the separator, and how many lines that were."""
    first, _end, rest = text.partition("\n")
    if first.casefold().startswith(_SAID) and len(first.strip()) == len(_SAID) + 1:
        return rest, first.strip()[-1], 1
    return text, max(_SEPARATORS, key=lambda mark: _outside_quotes(first).count(mark)), 0


def _outside_quotes(line: str) -> str:
    return "".join(line.split('"')[::2])


def _rows(file: str, text: str, separator: str, skipped: int, report: Report) -> Iterator[tuple[int, Sequence[str]]]:
    number = skipped
    try:
        for number, cells in enumerate(
            csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True), skipped + 1
        ):
            if number > MAX_ROWS or len(cells) > MAX_COLUMNS:
                report.refuse(file, "too_large", row=number)
                return
            if cells:
                yield number, cells
    except (csv.Error, TypeError, ValueError):  # a separator of another alphabet is refused by the module itself
        report.refuse(file, "bad_csv", row=number + 1)
