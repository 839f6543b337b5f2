"""A report card as CSV, in the reader's language: in Spanish as a spreadsheet of the school's country opens it.

One row for each course and term, then the averages; what is not complete has no verdict yet. What the school's policy
leaves out or adds stands beside the mean, which has it done already. A text that a spreadsheet
would take for a formula is given an apostrophe in front (OWASP, "CSV Injection"). Only grades and means are numbers and
have the country's decimal mark: a section that is called 6.1 is called 6.1 everywhere.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from edu.http import conventions
from edu.http.conventions import BYTE_ORDER_MARK, safe_cell
from evaluations.api import verdicts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from edu.http.conventions import Convention
    from evaluations.domain.consolidation import Grade
    from evaluations.services.reports.report_cards import ReportCard

CONTENT_TYPE = "text/csv; charset=utf-8"


def render(card: ReportCard) -> bytes:
    """The card as UTF-8 with a byte order mark and CRLF, in the language in force."""
    convention = conventions.of(card.school)
    written = io.StringIO()
    writer = csv.writer(written, delimiter=convention.delimiter, lineterminator="\r\n")
    for row in _rows(card, convention):
        writer.writerow([safe_cell(cell) if isinstance(cell, str) else cell.written for cell in row])
    return (BYTE_ORDER_MARK + written.getvalue()).encode()


@dataclass(frozen=True)
class _Number:
    """A cell that holds a number of our own, as it is written here."""

    written: str


def _rows(card: ReportCard, convention: Convention) -> Iterator[list[str | _Number]]:
    yield [
        *(_("School"), _("Student"), _("Period"), _("Course"), _("Section"), _("Grade"), _("Mean before rounding")),
        *(_("Passing"), _("Complete"), _("Computed"), _("May be out of date")),
        *(_("Lowest results left out"), _("Extra credit, in points")),
    ]
    whose: list[str | _Number] = [card.school.name, f"{card.student.family_name}, {card.student.given_name}"]
    for line in card.lines:
        for term, found in zip(card.terms, line.grades, strict=True):
            computed = [_instant(found.as_of, convention), _yes_or_no(found.stale)]
            where = (term.name, line.course_name, line.section.name)
            yield [*whose, *where, *_grade(found.grade, convention), *computed, *_by_policy(found.grade, convention)]
    computed = [_instant(card.as_of, convention), _yes_or_no(card.stale)]
    for line in card.lines:
        if line.year:
            where = (_("Year"), line.course_name, line.section.name)
            yield [*whose, *where, *_grade(line.year, convention), *computed, "", ""]
    for term, average in zip(card.terms, card.averages, strict=False):  # a partial card has none
        where = (term.name, _("Average of the courses"), "")
        yield [*whose, *where, *_grade(average, convention), *computed, "", ""]
    if card.year:
        where = (_("Year"), _("Average of the courses"), "")
        yield [*whose, *where, *_grade(card.year, convention), *computed, "", ""]


def _grade(grade: Grade | None, convention: Convention) -> list[str | _Number]:
    if grade is None:
        return ["", "", "", ""]
    passing = verdicts.passing(grade, yes=_("Yes"), no=_("No"), unknown="")
    numbers = [_number(grade.value, convention), _number(grade.mean, convention)]
    return [*numbers, passing, _yes_or_no(grade.complete)]


def _by_policy(grade: Grade | None, convention: Convention) -> list[str | _Number]:
    """How many of the lowest results are left out of it, and what extra credit adds; nothing where none."""
    dropped, extra = (grade.dropped, grade.extra) if grade else (None, None)
    return [f"{dropped}" if dropped else "", _Number(convention.number(f"{extra:f}")) if extra else ""]


def _number(text: str | None, convention: Convention) -> str | _Number:
    """A grade or a mean; of letters the grade is a text."""
    return _Number(convention.number(text)) if text and conventions.is_number(text) else text or ""


def _yes_or_no(value: bool) -> str:  # noqa: FBT001 - the value that is written
    return _("Yes") if value else _("No")


def _instant(instant: datetime | None, convention: Convention) -> str:
    return convention.instant(instant) if instant else ""
