"""The teachers' endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from rest_framework.response import Response
from rest_framework.views import APIView

from edu.http.replies import etag_of, reply_for
from edu.identity.authentication import principal_of
from edu.identity.principal import Role
from evaluations import services
from evaluations.api import serializers
from evaluations.domain.evaluation import EvaluationKind, ScoreState

if TYPE_CHECKING:
    from django.http import HttpResponse
    from rest_framework.request import Request

    from evaluations.domain.evaluation import Evaluation, Score

_READERS = frozenset({Role.TEACHER, Role.SCHOOL_ADMIN, Role.AUDITOR})
_WRITERS = frozenset({Role.TEACHER, Role.SCHOOL_ADMIN})


class SectionList(APIView):
    """The caller's sections."""

    allowed_roles: ClassVar = {"GET": _READERS}

    def get(self, request: Request) -> Response:
        """List them, by id."""
        sections = services.list_sections(actor=principal_of(request))
        return Response({"results": serializers.SectionOutput(sections, many=True).data})


class SectionStudents(APIView):
    """A section's students."""

    allowed_roles: ClassVar = {"GET": _READERS}

    def get(self, request: Request, section_id: str) -> Response:
        """List them, by family name."""
        students = services.list_section_students(actor=principal_of(request), section_id=section_id)
        return Response({"results": serializers.StudentOutput(students, many=True).data})


class EvaluationList(APIView):
    """Evaluations: set a new one, or list a section's."""

    allowed_roles: ClassVar = {"GET": _READERS, "POST": _WRITERS}

    def get(self, request: Request, section_id: str) -> Response:
        """A page of the section's evaluations, latest first; ``next`` is the cursor of the following page."""
        page = services.list_section_evaluations(
            actor=principal_of(request), section_id=section_id, cursor=request.query_params.get("cursor")
        )
        results = [_evaluation_data(evaluation) for evaluation in page.evaluations]
        return Response({"results": results, "next": page.cursor})

    def post(self, request: Request, section_id: str) -> HttpResponse:
        """Set an evaluation (201)."""
        given = _validated(serializers.EvaluationInput(data=_with(request.data, section_id=section_id)))
        reply = reply_for(request, principal_of(request), _evaluation_data)
        kind = EvaluationKind(given.pop("kind"))
        with reply.key.first_answer_wins():
            evaluation = services.create_evaluation(actor=principal_of(request), kind=kind, reply=reply, **given)
        return reply.render(evaluation).as_response()


class EvaluationDetail(APIView):
    """One evaluation."""

    allowed_roles: ClassVar = {"GET": _READERS}

    def get(self, request: Request, evaluation_id: str) -> Response:
        """Read it."""
        data = _evaluation_data(services.get_evaluation(actor=principal_of(request), evaluation_id=evaluation_id))
        return Response(data, headers={"ETag": etag_of(data)})


class ScoreList(APIView):
    """An evaluation's scores."""

    allowed_roles: ClassVar = {"GET": _READERS, "POST": _WRITERS}

    def get(self, request: Request, evaluation_id: str) -> Response:
        """All of them, by student id."""
        scores = services.list_scores(actor=principal_of(request), evaluation_id=evaluation_id)
        return Response({"results": [_score_data(score) for score in scores]})

    def post(self, request: Request, evaluation_id: str) -> HttpResponse:
        """Record a student's first score (201)."""
        given = _validated(serializers.ScoreInput(data=request.data))
        reply = reply_for(request, principal_of(request), _score_data)
        state = ScoreState(given.pop("state"))
        with reply.key.first_answer_wins():
            score = services.record_score(
                actor=principal_of(request), evaluation_id=evaluation_id, state=state, reply=reply, **given
            )
        return reply.render(score).as_response()


class ScoreDetail(APIView):
    """One student's score."""

    allowed_roles: ClassVar = {"GET": _READERS}

    def get(self, request: Request, evaluation_id: str, student_id: str) -> Response:
        """Read it."""
        found = services.get_score(actor=principal_of(request), evaluation_id=evaluation_id, student_id=student_id)
        data = _score_data(found)
        return Response(data, headers={"ETag": etag_of(data)})


def _validated(serializer: Any) -> dict[str, Any]:  # noqa: ANN401 - any serializer
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _with(body: object, **of_the_path: str) -> object:
    """The body with what the path says; a body that is no object stays as it is, for the serializer to refuse."""
    return {**body, **of_the_path} if isinstance(body, dict) else body


def _evaluation_data(evaluation: Evaluation) -> dict[str, Any]:
    return dict(serializers.EvaluationOutput(evaluation).data)


def _score_data(score: Score) -> dict[str, Any]:
    return dict(serializers.ScoreOutput(score).data)
