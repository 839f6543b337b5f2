"""The endpoints of a school's terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from edu.http.replies import reply_for
from edu.http.schema import results_of
from edu.http.serializers import NoBody, shown, validated
from edu.http.views import ApiView
from edu.identity.authentication import principal_of
from evaluations import services
from evaluations.api.school import PolicyOutput
from evaluations.api.score_serializers import ReasonInput
from evaluations.permissions import CLOSE_TERMS, SEE_SCHOOL

if TYPE_CHECKING:
    from django.http import HttpResponse
    from rest_framework.request import Request

    from evaluations.domain.school import Term


class TermOutput(serializers.Serializer[Any]):
    """A term. ``policy``: the grading policy in place of the school's, null when it is the school's."""

    example: ClassVar = {
        "term_id": "2026-s2",
        "name": "Segundo semestre",
        "starts_on": "2026-08-03",
        "ends_on": "2026-12-18",
        "closed": False,
        "school_year": 2026,
        "policy": None,
    }
    term_id = serializers.CharField()
    name = serializers.CharField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    closed = serializers.BooleanField()
    school_year = serializers.IntegerField(source="year")
    policy = PolicyOutput(allow_null=True)


class TermList(ApiView):
    """The school's terms."""

    capabilities: ClassVar = {"GET": SEE_SCHOOL}

    @extend_schema(operation_id="list_terms", tags=["terms"], responses=results_of("TermList", TermOutput))
    def get(self, request: Request) -> Response:
        """List them, in order."""
        del request
        return Response({"results": [_term_data(term) for term in services.list_terms()]})


class TermClose(ApiView):
    """Closing a term."""

    capabilities: ClassVar = {"POST": CLOSE_TERMS}

    @extend_schema(operation_id="close_term", tags=["terms"], request=None, responses=TermOutput)
    def post(self, request: Request, term_id: str) -> HttpResponse:
        """Close it for every teacher at once (200)."""
        validated(NoBody, request.data)
        reply = reply_for(request, principal_of(request), _term_data, status=200)
        with reply.key.first_answer_wins():
            services.close_term(actor=principal_of(request), term_id=term_id, reply=reply)
        return reply.as_response()


class TermReopen(ApiView):
    """Letting a closed term take grades again."""

    capabilities: ClassVar = {"POST": CLOSE_TERMS}

    @extend_schema(operation_id="reopen_term", tags=["terms"], request=ReasonInput, responses=TermOutput)
    def post(self, request: Request, term_id: str) -> HttpResponse:
        """Open it, with a reason (200)."""
        given = validated(ReasonInput, request.data)
        reply = reply_for(request, principal_of(request), _term_data, status=200)
        with reply.key.first_answer_wins():
            services.reopen_term(actor=principal_of(request), term_id=term_id, reason=given["reason"], reply=reply)
        return reply.as_response()


def _term_data(term: Term) -> dict[str, Any]:
    return shown(TermOutput, term)
