"""A report card as PDF, to be printed and, once nothing on it can change any more, signed; in the language in force.

Letters, fonts and directions are ``typefaces`` and ``pdf_text``. What no font of ours has is written as its code point,
and a note says so.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from reportlab.lib import colors  # type: ignore[import-untyped]
from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]
from reportlab.lib.units import cm  # type: ignore[import-untyped]
from reportlab.platypus import (  # type: ignore[import-untyped]
    HRFlowable,
    KeepTogether,
    SimpleDocTemplate,
    Spacer,
    Table,
)

from edu.http import conventions
from evaluations.api import verdicts
from evaluations.api.pdf_text import Style, Words
from evaluations.api.typefaces import Typeface, drawable, lacks, typeface_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edu.http.conventions import Convention
    from evaluations.domain.consolidation import Grade
    from evaluations.services.reports.report_cards import ReportCard

CONTENT_TYPE = "application/pdf"
_GRID = [
    ("LINEBELOW", (0, 0), (-1, 0), 1, colors.black),
    ("LINEBELOW", (0, 1), (-1, -1), 0.25, colors.grey),
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
]
_COURSE_SHARE = 0.4


def render(card: ReportCard, *, compress: bool = True) -> bytes:
    """The card on A4 pages, numbered. The same card gives the same bytes."""
    page = _Page(typeface_for(_names(card)))
    pages = _build(card, page, total=0, compress=compress)[1]
    return _build(card, page, total=pages, compress=compress)[0]


@dataclass(frozen=True)
class _Page:
    """What all of a card's pages share: the typeface, and the styles made of it."""

    typeface: Typeface

    def plain(self, text: str) -> Words:
        """A text as most are."""
        return self._words(text, Style(self.typeface.plain))

    def bold(self, text: str) -> Words:
        """A text that stands out."""
        return self._words(text, Style(self.typeface.bold))

    def title(self, text: str) -> Words:
        """The head of a column, which stands on each page and must leave it room."""
        return self._words(text, Style(self.typeface.bold, most_lines=12))

    def heading(self, text: str) -> Words:
        """The school's name."""
        return self._words(text, Style(self.typeface.bold, size_pt=15, leading_pt=20))

    def small(self, text: str, *, centred: bool = False) -> Words:
        """A note."""
        return self._words(text, Style(self.typeface.plain, size_pt=7.5, leading_pt=10, centred=centred))

    def _words(self, text: str, style: Style) -> Words:
        return Words(drawable(text, self.typeface), style)


def _names(card: ReportCard) -> Iterator[str]:
    """Every text on the card that people gave; the others are the product's own, in Spanish or English."""
    yield from (card.school.name, _student(card))
    yield from (term.name for term in card.terms)
    grades = [*(found.grade for line in card.lines for found in line.grades), *(line.year for line in card.lines)]
    yield from (grade.value for grade in (*grades, *card.averages, card.year) if grade and grade.value)
    yield from (line.course_name for line in card.lines)


def _student(card: ReportCard) -> str:
    return f"{card.student.family_name}, {card.student.given_name}"


def _build(card: ReportCard, page: _Page, *, total: int, compress: bool) -> tuple[bytes, int]:
    written = io.BytesIO()
    document = SimpleDocTemplate(
        written,
        pagesize=A4,
        leftMargin=2 * cm,
        rightMargin=2 * cm,
        topMargin=2 * cm,
        bottomMargin=2 * cm,
        title=_("Report card"),
        author="Libreta",
        invariant=1,
        pageCompression=int(compress),
    )

    def number(canvas: Any, laid_out: Any) -> None:  # noqa: ANN401 - reportlab has no types
        canvas.setFont(page.typeface.plain, 8)
        said = _("Page %(page)s of %(total)s") % {"page": laid_out.page, "total": total}
        canvas.drawRightString(A4[0] - 2 * cm, cm, said)

    document.build(_story(card, page, document.width), onFirstPage=number, onLaterPages=number)
    return written.getvalue(), document.page


def _story(card: ReportCard, page: _Page, width: float) -> list[Any]:
    terms = ", ".join(term.name for term in card.terms)
    notes = [page.small(note) for note in _notes(card, page.typeface)]
    provisional = verdicts.is_provisional(card)
    return [
        page.heading(card.school.name),
        page.bold(_("Report card")),
        *([page.bold(_("Provisional"))] if provisional else []),
        Spacer(0, 0.4 * cm),
        page.bold(_("Student: %(name)s") % {"name": _student(card)}),
        page.plain(_("Period: %(terms)s") % {"terms": terms}),
        Spacer(0, 0.5 * cm),
        _table(card, page, width),
        Spacer(0, 0.3 * cm),
        *notes,
        *([] if provisional else [_signature(page)]),
    ]


def _signature(page: _Page) -> Any:  # noqa: ANN401 - reportlab has no types
    line = HRFlowable(width=7 * cm, thickness=0.7, color=colors.black)
    return KeepTogether([Spacer(0, 2.5 * cm), line, page.small(_("Signature and stamp of the school"), centred=True)])


def _table(card: ReportCard, page: _Page, width: float) -> Any:  # noqa: ANN401 - reportlab has no types
    convention = conventions.of(card.school)
    year = [_("Year")] if len(card.terms) > 1 else []
    columns = [term.name for term in card.terms] + year
    rows = [[page.title(title) for title in (_("Course"), *columns, _("Result"))]]
    for line in card.lines:
        grades = [found.grade for found in line.grades] + ([line.year] if line.year else [])
        values = [_value(grade, convention) for grade in grades]
        rows.append([page.plain(text) for text in (line.course_name, *values, _result(grades[-1]))])
    if card.averages:
        grades = [*card.averages, *([card.year] if card.year else [])]
        values = [_value(grade, convention) for grade in grades]
        rows.append([page.bold(text) for text in (_("Average of the courses"), *values, _result(grades[-1]))])
    share = (1 - _COURSE_SHARE) / (len(columns) + 1)
    return Table(
        rows, colWidths=[width * _COURSE_SHARE] + [width * share] * (len(columns) + 1), style=_GRID, repeatRows=1
    )


def _notes(card: ReportCard, typeface: Typeface) -> list[str]:
    notes = []
    if verdicts.has_incomplete(card):
        notes.append(_("* Not complete: something is still to be graded."))
    if verdicts.leaves_out_lowest(card):
        notes.append(_("Some of the lowest results do not count, as the school rules it."))
    if verdicts.has_extra_credit(card):
        notes.append(_("Extra credit is included, as the school rules it."))
    if card.as_of:
        when = conventions.of(card.school).instant(card.as_of)
        notes.append(_("Grades as of %(when)s.") % {"when": when})
    if card.stale:
        notes.append(_("Some grades may have changed since then."))
    if card.partial:
        notes.append(_("Only the courses of the teacher who asked for it."))
    if any(lacks(name, typeface) for name in _names(card)):
        notes.append(
            _("What this document cannot write has its Unicode number, like [U+0041] for A; [+3]: three more.")
        )
    return notes


def _value(grade: Grade | None, convention: Convention) -> str:
    if grade is None or grade.value is None:
        return "-"
    written = convention.number(grade.value)
    return written if grade.complete else f"{written} *"


def _result(grade: Grade | None) -> str:
    return verdicts.passing(grade, yes=_("Passes"), no=_("Does not pass"), unknown="-")
