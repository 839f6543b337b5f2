"""Questions to the lake: what there is to ask, each question, and a question that was put before."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from analytics import services
from analytics.api import parameters
from analytics.api.formats import FORMATS, AnswerFormat
from analytics.api.serializers import (
    ANSWERS,
    CatalogueOutput,
    RunAnswerOutput,
    RunOutput,
    answer_data,
    catalogue_data,
    run_data,
)
from analytics.permissions import SEE_ANALYTICS, SEE_SECTION_ANALYTICS
from edu.http.conditional import answer_under
from edu.http.serializers import validated
from edu.http.views import ApiView
from edu.identity.authentication import principal_of
from evaluations.services import get_school

if TYPE_CHECKING:
    from collections.abc import Callable

    from rest_framework.request import Request

    from analytics.services import Asked

RETRY_AFTER_S = 2
RUNS = "/api/v1/analytics/runs/"


class AnalyticsCatalogue(ApiView):
    """What may be asked."""

    capabilities: ClassVar = {"GET": SEE_SECTION_ANALYTICS}

    @extend_schema(operation_id="list_questions", tags=["analytics"], responses=CatalogueOutput)
    def get(self, request: Request) -> Response:
        """Every question with its address, for whoever the caller is."""
        return Response(catalogue_data(principal_of(request)))


def _described(name: str, operation_id: str, *asked: Any) -> Callable[..., Any]:  # noqa: ANN401 - OpenAPI parameters
    """The contract of a question's address."""
    return extend_schema(
        operation_id=operation_id,
        tags=["analytics"],
        parameters=list(asked),
        responses={
            (200, "application/json"): ANSWERS[name],
            **{(200, offered.media_type): offered.schema for offered in FORMATS},
            (202, "application/json"): RunOutput,
        },
    )


class _QuestionView(ApiView):
    """A question: its answer as JSON, CSV or Parquet if it is there in three seconds, else 202 and where it will be."""

    renderer_classes = (JSONRenderer, *FORMATS)
    query: ClassVar[type[Any]]

    def asked(self, request: Request) -> HttpResponse:
        """Put the question that the parameters say."""
        given = request.query_params.dict()
        given.pop("format", None)
        question = self.query().question(validated(self.query, given))
        return _answer(request, services.ask(actor=principal_of(request), question=question))


class GradeDistributionView(_QuestionView):
    """How often each grade was given."""

    capabilities: ClassVar = {"GET": SEE_SECTION_ANALYTICS}
    query = parameters.DistributionQuery
    refusals: ClassVar = {"GET": (404,)}  # of a section

    @_described("grade-distribution", "ask_grade_distribution", parameters.TERM, parameters.SECTION)
    def get(self, request: Request) -> HttpResponse:
        """By section, of a term: scores that count and have a value, without extra credit and formative work.

        Of all sections those with fewer than five students are left out, and what would give them away.
        """
        return self.asked(request)


class PassRatesView(_QuestionView):
    """How many students pass."""

    capabilities: ClassVar = {"GET": SEE_ANALYTICS}
    query = parameters.PassRatesQuery

    @_described("pass-rates", "ask_pass_rates", parameters.TERM, parameters.BY_WHAT)
    def get(self, request: Request) -> HttpResponse:
        """By section or course, of a term: the grades that the grade book comes to now. Small groups are left out."""
        return self.asked(request)


class ProgressView(_QuestionView):
    """How grades went over terms and years."""

    capabilities: ClassVar = {"GET": SEE_ANALYTICS}
    query = parameters.ProgressQuery

    @_described("progress", "ask_progress", parameters.COURSE)
    def get(self, request: Request) -> HttpResponse:
        """A row for each term that has begun. Means go from 0 (the worst grade) to 1, whatever the scale was then."""
        return self.asked(request)


class OwnPastView(_QuestionView):
    """A term beside those of years before."""

    capabilities: ClassVar = {"GET": SEE_ANALYTICS}
    query = parameters.OwnPastQuery

    @_described("own-past", "ask_own_past", parameters.TERM)
    def get(self, request: Request) -> HttpResponse:
        """A course and earlier school year a row: the term of the same place in the year, and what has changed."""
        return self.asked(request)


class BehaviourWeeksView(_QuestionView):
    """Events by week."""

    capabilities: ClassVar = {"GET": SEE_ANALYTICS}
    query = parameters.BehaviourQuery
    refusals: ClassVar = {"GET": (404,)}  # of a section

    @_described("behaviour-weeks", "ask_behaviour_weeks", parameters.FIRST, parameters.LAST, parameters.ONLY_SECTION)
    def get(self, request: Request) -> HttpResponse:
        """By kind, ISO week by the school's clocks, and section as it is today. Small sections are left out."""
        return self.asked(request)


class AttendanceView(_QuestionView):
    """Absences against grades."""

    capabilities: ClassVar = {"GET": SEE_ANALYTICS}
    query = parameters.AttendanceQuery

    @_described("attendance-against-grades", "ask_attendance_against_grades", parameters.TERM)
    def get(self, request: Request) -> HttpResponse:
        """Students by how often they were absent or late in the term. A correlation says nothing of causes."""
        return self.asked(request)


class AtRiskView(_QuestionView):
    """Students at risk."""

    capabilities: ClassVar = {"GET": SEE_SECTION_ANALYTICS}
    query = parameters.AtRiskQuery
    refusals: ClassVar = {"GET": (404,)}  # of a section

    @_described("at-risk", "ask_students_at_risk", parameters.TERM, parameters.SECTION, *parameters.RULE)
    def get(self, request: Request) -> HttpResponse:
        """Students who show so many of four signals, each with its bound: a reason to look, and no verdict."""
        return self.asked(request)


class RunView(ApiView):
    """A question that was put before."""

    capabilities: ClassVar = {"GET": SEE_SECTION_ANALYTICS}
    renderer_classes = (JSONRenderer, *FORMATS)

    @extend_schema(
        operation_id="read_run",
        tags=["analytics"],
        responses={
            (200, "application/json"): RunAnswerOutput,
            **{(200, offered.media_type): offered.schema for offered in FORMATS},
            (202, "application/json"): RunOutput,
        },
    )
    def get(self, request: Request, run_id: str) -> HttpResponse:
        """Its answer, or how far it is (202). A run is forgotten after six days; whoever may ask may read it."""
        return _answer(request, services.look(actor=principal_of(request), run_id=run_id))


def _answer(request: Request, asked: Asked) -> HttpResponse:
    if asked.answer is None:
        return HttpResponse(
            JSONRenderer().render(run_data(asked)),
            status=HTTPStatus.ACCEPTED,
            content_type="application/json",
            headers={"Location": f"{RUNS}{asked.run_id}", "Retry-After": str(RETRY_AFTER_S)},
        )
    wanted = request.accepted_renderer
    data = answer_data(asked)
    rows = JSONRenderer().render([asked.run_id, data["rows"]])
    tag = f'W/"{hashlib.sha256(rows).hexdigest()[:32]}-{wanted.format}-{get_language()}"'
    return answer_under(tag, request, lambda: _rendered(asked, data, wanted))


def _rendered(asked: Asked, data: dict[str, Any], wanted: Any) -> HttpResponse:  # noqa: ANN401 - a renderer
    if not isinstance(wanted, AnswerFormat) or asked.answer is None:
        return Response(data)
    name = f"libreta-{asked.question.NAME}-{asked.run_id[:8]}.{wanted.format}"
    disposition = content_disposition_header(as_attachment=True, filename=name)
    return HttpResponse(
        wanted.write(get_school(), asked.question.Row, asked.answer.rows),
        content_type=wanted.content_type,
        headers={"Content-Disposition": str(disposition), "X-Content-Type-Options": "nosniff"},
    )


ROUTES: dict[str, type[ApiView]] = {
    "grade-distribution": GradeDistributionView,
    "pass-rates": PassRatesView,
    "progress": ProgressView,
    "own-past": OwnPastView,
    "behaviour-weeks": BehaviourWeeksView,
    "attendance-against-grades": AttendanceView,
    "at-risk": AtRiskView,
}
