"""Consolidated grades of a section, and students' report cards as JSON and as files."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, ClassVar

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from edu.http.conditional import answer_under
from edu.http.views import ApiView
from edu.identity.authentication import principal_of
from evaluations.api.card_formats import CARD_FORMATS, CardFormat
from evaluations.api.parsing import REQUIRED_TERM, SCHOOL_YEAR, TERM, required_term_of, school_year_of, term_of
from evaluations.api.report_serializers import ReportCardOutput, SectionGradesOutput, card_data, section_data
from evaluations.permissions import SEE_REPORT_CARDS, SEE_SCORES
from evaluations.services.reports import consolidated_grades, report_cards

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rest_framework.renderers import BaseRenderer
    from rest_framework.request import Request

    from evaluations.services.reports.report_cards import ReportCard

_WHEN_COMPUTED = frozenset({"as_of"})  # computed again with the same outcome is the same card


class SectionConsolidated(ApiView):
    """A section's consolidated grades."""

    capabilities: ClassVar = {"GET": SEE_SCORES}

    @extend_schema(
        operation_id="read_section_grades", tags=["grades"], parameters=[REQUIRED_TERM], responses=SectionGradesOutput
    )
    def get(self, request: Request, section_id: str) -> HttpResponse:
        """Those of one term (``?term=``), by student id; brought up to date first."""
        found = consolidated_grades.get_section_grades(
            actor=principal_of(request), section_id=section_id, term_id=required_term_of(request)
        )
        data = section_data(found)
        return _unless_known(request, data, "json", lambda: Response(data))


class StudentReportCard(ApiView):
    """A student's report card."""

    capabilities: ClassVar = {"GET": SEE_REPORT_CARDS}
    renderer_classes = (JSONRenderer, *CARD_FORMATS)

    @extend_schema(
        operation_id="read_report_card",
        tags=["grades"],
        parameters=[TERM, SCHOOL_YEAR],
        responses={
            (200, "application/json"): ReportCardOutput,
            **{(200, offered.media_type): offered.schema for offered in CARD_FORMATS},
        },
    )
    def get(self, request: Request, student_id: str) -> HttpResponse:
        """Of one term (``?term=``) or a whole school year (``?school_year=``, the latest begun unless asked).

        As JSON, CSV or PDF; brought up to date first.
        """
        card = report_cards.get_report_card(
            actor=principal_of(request),
            student_id=student_id,
            term_id=term_of(request) or None,
            school_year=school_year_of(request),
        )
        data = card_data(card)
        wanted = request.accepted_renderer
        return _unless_known(request, data, str(wanted.format), lambda: _rendered(card, data, wanted))


def _rendered(card: ReportCard, data: dict[str, Any], wanted: BaseRenderer) -> HttpResponse:
    """The card as JSON, or as a download under a name (RFC 6266)."""
    if not isinstance(wanted, CardFormat):
        return Response(data)
    disposition = content_disposition_header(as_attachment=True, filename=_file_name(card, wanted.format))
    return HttpResponse(
        wanted.write(card),
        content_type=wanted.content_type,
        headers={"Content-Disposition": str(disposition), "X-Content-Type-Options": "nosniff"},
    )


def _file_name(card: ReportCard, extension: str) -> str:
    """A name to tell cards apart, of ids alone: of the term, or the year in which the terms begin; of the student."""
    single = len(card.terms) == 1
    periods = [term.term_id if single else str(term.starts_on.year) for term in card.terms]
    return f"{'-'.join(('libreta', *periods[:1], card.student.student_id))}.{extension}"


def _unless_known(
    request: Request, data: Mapping[str, Any], wanted: str, answer: Callable[[], HttpResponse]
) -> HttpResponse:
    """The answer with its ETag, or 304 when the client has that one. The tag is weak: of the content, not its bytes."""
    digest = hashlib.sha256(JSONRenderer().render(_content(data))).hexdigest()[:32]
    return answer_under(f'W/"{digest}-{wanted}-{get_language()}"', request, answer)


def _content(value: Any) -> Any:  # noqa: ANN401 - nested data
    """The data without the instants of computing, which say nothing about the grades."""
    if isinstance(value, dict):
        return {name: _content(part) for name, part in value.items() if name not in _WHEN_COMPUTED}
    return [_content(part) for part in value] if isinstance(value, list) else value
