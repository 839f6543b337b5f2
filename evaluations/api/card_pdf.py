"""A report card as PDF, to be printed and, once nothing on it can change any more, signed; in the language in force.

The fonts are PDF's own (Helvetica, WinAnsi), so nothing is embedded: they write Spanish and its neighbours. A letter
beyond them loses its accent (Guarani's nasal vowels), and one without a plain form becomes a question mark.
"""

from __future__ import annotations

import io
import unicodedata
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from django.utils.translation import gettext as _
from reportlab.lib import colors  # type: ignore[import-untyped]
from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]
from reportlab.lib.styles import ParagraphStyle  # type: ignore[import-untyped]
from reportlab.lib.units import cm  # type: ignore[import-untyped]
from reportlab.platypus import (  # type: ignore[import-untyped]
    HRFlowable,
    KeepTogether,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
)

from evaluations.api import conventions, verdicts

if TYPE_CHECKING:
    from evaluations.api.conventions import Convention
    from evaluations.domain.consolidation import Grade
    from evaluations.services.reports.report_cards import ReportCard

CONTENT_TYPE = "application/pdf"
_ENCODING = "cp1252"  # Python's name of WinAnsi
_PLAIN = ParagraphStyle("plain", fontName="Helvetica", fontSize=9, leading=12)
_BOLD = ParagraphStyle("bold", parent=_PLAIN, fontName="Helvetica-Bold")
_SCHOOL = ParagraphStyle("school", parent=_BOLD, fontSize=15, leading=20)
_SMALL = ParagraphStyle("small", parent=_PLAIN, fontSize=7.5, leading=10)
_CENTRED = ParagraphStyle("centred", parent=_SMALL, alignment=1)
_GRID = [
    ("LINEBELOW", (0, 0), (-1, 0), 1, colors.black),
    ("LINEBELOW", (0, 1), (-1, -1), 0.25, colors.grey),
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
]
_COURSE_SHARE = 0.4


def render(card: ReportCard, *, compress: bool = True) -> bytes:
    """The card on A4 pages, numbered. The same card gives the same bytes."""
    pages = _build(card, total=0, compress=compress)[1]
    return _build(card, total=pages, compress=compress)[0]


def drawable(text: str) -> str:
    """The text as the fonts can write it."""
    return "".join(_drawable(character) for character in unicodedata.normalize("NFC", text))


def _drawable(character: str) -> str:
    for candidate in (character, _without_marks(character)):
        try:
            candidate.encode(_ENCODING)
        except UnicodeEncodeError:
            continue
        return candidate
    return "?"


def _without_marks(character: str) -> str:
    parts = unicodedata.normalize("NFKD", character)
    return "".join(part for part in parts if not unicodedata.combining(part))


def _build(card: ReportCard, *, total: int, compress: bool) -> tuple[bytes, int]:
    written = io.BytesIO()
    document = SimpleDocTemplate(
        written,
        pagesize=A4,
        leftMargin=2 * cm,
        rightMargin=2 * cm,
        topMargin=2 * cm,
        bottomMargin=2 * cm,
        title=drawable(_("Report card")),
        author="Libreta",
        invariant=1,
        pageCompression=int(compress),
    )

    def number(canvas: Any, laid_out: Any) -> None:  # noqa: ANN401 - reportlab has no types
        canvas.setFont("Helvetica", 8)
        said = _("Page %(page)s of %(total)s") % {"page": laid_out.page, "total": total}
        canvas.drawRightString(A4[0] - 2 * cm, cm, drawable(said))

    document.build(_story(card, document.width), onFirstPage=number, onLaterPages=number)
    return written.getvalue(), document.page


def _story(card: ReportCard, width: float) -> list[Any]:
    name = f"{card.student.family_name}, {card.student.given_name}"
    terms = ", ".join(term.name for term in card.terms)
    notes = [_text(note, _SMALL) for note in _notes(card)]
    provisional = verdicts.is_provisional(card)
    return [
        _text(card.school.name, _SCHOOL),
        _text(_("Report card"), _BOLD),
        *([_text(_("Provisional"), _BOLD)] if provisional else []),
        Spacer(0, 0.4 * cm),
        _text(_("Student: %(name)s") % {"name": name}, _BOLD),
        _text(_("Period: %(terms)s") % {"terms": terms}, _PLAIN),
        Spacer(0, 0.5 * cm),
        _table(card, width),
        Spacer(0, 0.3 * cm),
        *notes,
        *([] if provisional else [_signature()]),
    ]


def _signature() -> Any:  # noqa: ANN401 - reportlab has no types
    line = HRFlowable(width=7 * cm, thickness=0.7, color=colors.black)
    return KeepTogether([Spacer(0, 2.5 * cm), line, _text(_("Signature and stamp of the school"), _CENTRED)])


def _table(card: ReportCard, width: float) -> Any:  # noqa: ANN401 - reportlab has no types
    convention = conventions.of(card.school)
    year = [_("Year")] if len(card.terms) > 1 else []
    columns = [term.name for term in card.terms] + year
    rows = [[_text(title, _BOLD) for title in (_("Course"), *columns, _("Result"))]]
    for line in card.lines:
        grades = [found.grade for found in line.grades] + ([line.year] if line.year else [])
        values = [_value(grade, convention) for grade in grades]
        rows.append([_text(text, _PLAIN) for text in (line.course_name, *values, _result(grades[-1]))])
    if card.averages:
        grades = [*card.averages, *([card.year] if card.year else [])]
        values = [_value(grade, convention) for grade in grades]
        rows.append([_text(text, _BOLD) for text in (_("Average of the courses"), *values, _result(grades[-1]))])
    share = (1 - _COURSE_SHARE) / (len(columns) + 1)
    return Table(
        rows, colWidths=[width * _COURSE_SHARE] + [width * share] * (len(columns) + 1), style=_GRID, repeatRows=1
    )


def _notes(card: ReportCard) -> list[str]:
    notes = []
    if verdicts.has_incomplete(card):
        notes.append(_("* Not complete: something is still to be graded."))
    if card.as_of:
        when = conventions.of(card.school).instant(card.as_of)
        notes.append(_("Grades as of %(when)s.") % {"when": when})
    if card.stale:
        notes.append(_("Some grades may have changed since then."))
    if card.partial:
        notes.append(_("Only the courses of the teacher who asked for it."))
    return notes


def _value(grade: Grade | None, convention: Convention) -> str:
    if grade is None or grade.value is None:
        return "-"
    written = convention.number(grade.value)
    return written if grade.complete else f"{written} *"


def _result(grade: Grade | None) -> str:
    return verdicts.passing(grade, yes=_("Passes"), no=_("Does not pass"), unknown="-")


def _text(text: str, style: Any) -> Any:  # noqa: ANN401 - reportlab has no types
    """A paragraph. Names are escaped: reportlab reads paragraphs as markup, and markup can load files."""
    return Paragraph(escape(drawable(text)), style)
