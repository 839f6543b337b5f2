"""The files that a report card is given as, beside JSON: what each is called, how it is sent, and who writes it.

A client asks for one by ``Accept`` or ``?format=``. The view, its negotiation and the contract read ``CARD_FORMATS``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from drf_spectacular.types import OpenApiTypes
from rest_framework.renderers import JSONRenderer

from evaluations.api import card_csv, card_pdf

if TYPE_CHECKING:
    from evaluations.services.reports.report_cards import ReportCard


class CardFormat(JSONRenderer):
    """A file format. ``format`` is its name in ``?format=`` and a file's extension; refusals are JSON all the same."""

    charset = None
    content_type: ClassVar[str]
    schema: ClassVar[OpenApiTypes]

    def write(self, card: ReportCard) -> bytes:
        """The card as a file, in the language in force."""
        raise NotImplementedError


class CsvFormat(CardFormat):
    """A table for a spreadsheet."""

    media_type = "text/csv"
    format = "csv"
    content_type = card_csv.CONTENT_TYPE
    schema = OpenApiTypes.STR

    def write(self, card: ReportCard) -> bytes:
        """See ``card_csv``."""
        return card_csv.render(card)


class PdfFormat(CardFormat):
    """Pages to print and sign."""

    media_type = "application/pdf"
    format = "pdf"
    content_type = card_pdf.CONTENT_TYPE
    schema = OpenApiTypes.BINARY

    def write(self, card: ReportCard) -> bytes:
        """See ``card_pdf``."""
        return card_pdf.render(card)


CARD_FORMATS: tuple[type[CardFormat], ...] = (CsvFormat, PdfFormat)
