"""The endpoints of evaluations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from edu.http.paging import CURSOR, LIMIT, page_answer, paging_of
from edu.http.preconditions import expected_version
from edu.http.replies import empty_reply_for, etag_of, reply_for
from edu.http.schema import IF_MATCH, page_of
from edu.http.serializers import shown, validated
from edu.http.views import ApiView
from edu.identity.authentication import principal_of
from evaluations import services
from evaluations.api import evaluation_serializers as serializers
from evaluations.api.histories import history_data
from evaluations.api.parsing import TERM, term_of
from evaluations.domain.evaluation import EvaluationKind, EvaluationPurpose
from evaluations.permissions import SEE_EVALUATIONS, SET_EVALUATIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse
    from rest_framework.request import Request

    from evaluations.domain.evaluation import Evaluation


class EvaluationList(ApiView):
    """Evaluations: set a new one, or list a section's."""

    capabilities: ClassVar = {"GET": SEE_EVALUATIONS, "POST": SET_EVALUATIONS}

    @extend_schema(
        operation_id="list_section_evaluations",
        tags=["evaluations"],
        parameters=[TERM, CURSOR, LIMIT],
        responses=page_of("EvaluationPage", serializers.EvaluationOutput),
    )
    def get(self, request: Request, section_id: str) -> Response:
        """A page of them, latest first, of one term with ``?term=``; ``next`` is the cursor of the following page."""
        page = services.list_section_evaluations(
            actor=principal_of(request),
            section_id=section_id,
            term_id=term_of(request),
            **paging_of(request),
        )
        return page_answer([_evaluation_data(evaluation) for evaluation in page.items], page.cursor)

    @extend_schema(
        operation_id="create_evaluation",
        tags=["evaluations"],
        request=serializers.EvaluationInput,
        responses={201: serializers.EvaluationOutput},
    )
    def post(self, request: Request, section_id: str) -> HttpResponse:
        """Set an evaluation (201)."""
        given = validated(serializers.EvaluationInput, request.data)
        reply = reply_for(request, principal_of(request), _evaluation_data, address=_address)
        with reply.key.first_answer_wins():
            services.create_evaluation(
                actor=principal_of(request), section_id=section_id, reply=reply, **_with_words(given)
            )
        return reply.as_response()


class EvaluationDetail(ApiView):
    """One evaluation."""

    capabilities: ClassVar = {"GET": SEE_EVALUATIONS, "PATCH": SET_EVALUATIONS, "DELETE": SET_EVALUATIONS}

    @extend_schema(operation_id="read_evaluation", tags=["evaluations"], responses=serializers.EvaluationOutput)
    def get(self, request: Request, evaluation_id: str) -> Response:
        """Read it."""
        data = _evaluation_data(services.get_evaluation(actor=principal_of(request), evaluation_id=evaluation_id))
        return Response(data, headers={"ETag": etag_of(data)})

    @extend_schema(
        operation_id="edit_evaluation",
        tags=["evaluations"],
        parameters=[IF_MATCH],
        request=serializers.EvaluationChangeInput,
        responses=serializers.EvaluationOutput,
    )
    def patch(self, request: Request, evaluation_id: str) -> HttpResponse:
        """Change title, weight, date, kind or purpose of the version named by ``If-Match`` (200).

        Once there are scores the weight and the date change with a reason only, kind and purpose not at all. In a
        closed term only an administrator changes anything, with a reason; so does one who does not teach the section
        always.
        """
        given = validated(serializers.EvaluationChangeInput, request.data)
        return _changed(request, evaluation_id, services.edit_evaluation, _with_words(given))

    @extend_schema(
        operation_id="delete_evaluation",
        tags=["evaluations"],
        parameters=[IF_MATCH],
        request=serializers.DeletionInput,
        responses={204: None},
    )
    def delete(self, request: Request, evaluation_id: str) -> HttpResponse:
        """Take the version named by ``If-Match`` back, if nobody has a score in it and the term is open (204).

        An administrator who does not teach the section says why. What has scores is cancelled instead.
        """
        given = validated(serializers.DeletionInput, request.data)
        version, actor = expected_version(request), principal_of(request)
        reply = empty_reply_for(request, actor)
        with reply.key.first_answer_wins():
            services.delete_evaluation(actor=actor, evaluation_id=evaluation_id, version=version, reply=reply, **given)
        return reply.as_response()


class EvaluationCancellation(ApiView):
    """Taking an evaluation out of account."""

    capabilities: ClassVar = {"POST": SET_EVALUATIONS}

    @extend_schema(
        operation_id="cancel_evaluation",
        tags=["evaluations"],
        parameters=[IF_MATCH],
        request=serializers.CancellationInput,
        responses=serializers.EvaluationOutput,
    )
    def post(self, request: Request, evaluation_id: str) -> HttpResponse:
        """Cancel the version named by ``If-Match``, with a reason (200).

        Its scores stay, with their histories; they count for nothing, and the government is told that they are
        cancelled. Until it is reinstated it takes no scores: 409 ``evaluation_cancelled``. In a closed term only an
        administrator cancels. What is cancelled already stays as it is.
        """
        given = validated(serializers.CancellationInput, request.data)
        return _changed(request, evaluation_id, services.cancel_evaluation, given)


class EvaluationReinstatement(ApiView):
    """Taking it into account again."""

    capabilities: ClassVar = {"POST": SET_EVALUATIONS}

    @extend_schema(
        operation_id="reinstate_evaluation",
        tags=["evaluations"],
        parameters=[IF_MATCH],
        request=serializers.ReinstatementInput,
        responses=serializers.EvaluationOutput,
    )
    def post(self, request: Request, evaluation_id: str) -> HttpResponse:
        """Let the cancelled version named by ``If-Match`` count again, with the scores that it had, for a reason (200).

        In a closed term only an administrator does. What is not cancelled stays as it is.
        """
        given = validated(serializers.ReinstatementInput, request.data)
        return _changed(request, evaluation_id, services.reinstate_evaluation, given)


class EvaluationHistory(ApiView):
    """Every version an evaluation has had."""

    capabilities: ClassVar = {"GET": SEE_EVALUATIONS}

    @extend_schema(
        operation_id="list_evaluation_history",
        tags=["evaluations"],
        parameters=[CURSOR, LIMIT],
        responses=page_of("EvaluationHistoryPage", serializers.EvaluationVersionOutput),
    )
    def get(self, request: Request, evaluation_id: str) -> Response:
        """A page of them, newest first; ``next`` is the cursor of the following page."""
        page = services.list_evaluation_versions(
            actor=principal_of(request),
            evaluation_id=evaluation_id,
            **paging_of(request),
        )
        return page_answer(history_data(serializers.EvaluationVersionOutput, page.items), page.cursor)


_WORDS: dict[str, type[EvaluationKind | EvaluationPurpose]] = {"kind": EvaluationKind, "purpose": EvaluationPurpose}


def _with_words(given: dict[str, Any]) -> dict[str, Any]:
    """What was sent, its words as the domain has them."""
    return given | {name: of(given[name]) for name, of in _WORDS.items() if name in given}


def _changed(
    request: Request, evaluation_id: str, change: Callable[..., Evaluation], given: dict[str, Any]
) -> HttpResponse:
    """The evaluation as a change of the version named by ``If-Match`` leaves it (200)."""
    version, actor = expected_version(request), principal_of(request)
    reply = reply_for(request, actor, _evaluation_data, status=200)
    with reply.key.first_answer_wins():
        change(actor=actor, evaluation_id=evaluation_id, version=version, reply=reply, **given)
    return reply.as_response()


def _address(evaluation: dict[str, Any]) -> str:
    return reverse("evaluation", kwargs={"evaluation_id": evaluation["evaluation_id"]})


def _evaluation_data(evaluation: Evaluation) -> dict[str, Any]:
    return shown(serializers.EvaluationOutput, evaluation)
