"""A certificate or report on paper: its facts, the tree's root and its own digest, and no grade.

Written with PDF's own font; a letter that this one has not is written as its escape, as is what cannot be seen.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from django.utils.translation import gettext_lazy as _
from reportlab.lib import colors  # type: ignore[import-untyped]
from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]
from reportlab.lib.styles import ParagraphStyle  # type: ignore[import-untyped]
from reportlab.lib.units import cm  # type: ignore[import-untyped]
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table  # type: ignore[import-untyped]

from edu.texts import visible
from govsync.services.bilingual import both, label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.utils.functional import Promise

    from govsync.domain.certificate import Certificate

_TITLE = ParagraphStyle("title", fontName="Helvetica-Bold", fontSize=15, leading=19)
_SECOND = ParagraphStyle("second", fontName="Helvetica-Oblique", fontSize=9, leading=12, textColor=colors.dimgrey)
_TEXT = ParagraphStyle("text", fontName="Helvetica", fontSize=9, leading=12)
_CODE = ParagraphStyle("code", fontName="Courier", fontSize=8, leading=11)
_GRID = [("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.grey), ("VALIGN", (0, 0), (-1, -1), "TOP")]
_LABEL_SHARE = 0.32  # what is left has room for a digest on one line


def render(certificate: Certificate, *, compress: bool = True) -> bytes:
    """The certificate on A4 pages. The same certificate gives the same bytes, whatever language is in force."""
    file = io.BytesIO()
    document = SimpleDocTemplate(
        file,
        pagesize=A4,
        leftMargin=2 * cm,
        rightMargin=2 * cm,
        topMargin=2 * cm,
        bottomMargin=2 * cm,
        title=both(_title(certificate))[0],
        author="Libreta",
        invariant=1,
        pageCompression=int(compress),
    )
    document.build(_story(certificate, document.width))
    return file.getvalue()


def _story(certificate: Certificate, width: float) -> list[Any]:
    rows = [[_paragraph(label(name), _TEXT), _paragraph(value, _CODE)] for name, value in _facts(certificate)]
    return [
        *_said(_title(certificate), _TITLE),
        Spacer(0, 0.4 * cm),
        *_said(_verdict(certificate), _TEXT),
        Spacer(0, 0.4 * cm),
        Table(rows, colWidths=[width * _LABEL_SHARE, width * (1 - _LABEL_SHARE)], style=_GRID),
        Spacer(0, 0.4 * cm),
        *_said(_("It holds no grade: they are in its manifest, from which anybody computes the root again."), _TEXT),
        *_said(_("How to check it without this system: docs/SYNC-CERTIFICATE.md."), _TEXT),
    ]


def _title(certificate: Certificate) -> Promise:
    if certificate.is_agreement:
        return _("Certificate of a sync with the government")
    return _("Report of a sync with the government, without agreement")


def _verdict(certificate: Certificate) -> Promise:
    if certificate.is_agreement:
        return _("On reading its own list, the government held exactly the school's grades of this term and cut-off.")
    return _("This document does not certify that the government holds the school's grades.")


def _facts(certificate: Certificate) -> Iterator[tuple[Promise, object]]:
    run, counts, contract = certificate.run, certificate.counts, certificate.contract
    yield _("School"), run.school_id
    yield _("Term"), run.term_id
    yield _("Run"), run.run_id
    yield _("State"), certificate.state
    yield _("Why there is no agreement"), ", ".join(certificate.shortcomings) or "-"
    yield _("Started by"), certificate.started_by
    yield _("Started"), certificate.started_at
    yield _("Grades as of"), certificate.as_of
    yield _("Finished"), certificate.finished_at
    yield _("Contract: version, shape"), f"{contract.version}, {contract.shape}"
    yield _("Grades that agree"), counts.grades
    yield _("Differences"), ", ".join(f"{kind}: {count}" for kind, count in certificate.differences.items()) or "0"
    yield _("Accepted, rejected"), f"{counts.accepted}, {counts.rejected}"
    yield _("Batches, pages of the list"), f"{counts.batches}, {counts.list_pages}"
    yield _("Entries of the history"), certificate.history.entries
    yield _("Last digest of the history"), certificate.history.head_sha256 or "-"
    yield _("Merkle root of the grades"), certificate.merkle_root
    yield _("Digest of this document's file"), certificate.sha256


def _said(message: Promise, style: Any) -> list[Any]:  # noqa: ANN401 - reportlab has no types
    spanish, english = both(message)
    return [_paragraph(spanish, style), _paragraph(english, _SECOND)]


def _paragraph(value: object, style: Any) -> Any:  # noqa: ANN401 - reportlab has no types
    written = visible(str(value)).encode("cp1252", "backslashreplace").decode("cp1252")
    return Paragraph(escape(written), style)
