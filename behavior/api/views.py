"""Events, and what was rejected instead, for the school's administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from behavior import services
from behavior.api import serializers
from behavior.permissions import CHOOSE_KINDS, READ_EVENTS, READ_PROFILES
from edu.http.paging import CURSOR, LIMIT, page_answer, paging_of
from edu.http.replies import reply_for
from edu.http.schema import page_of, results_of
from edu.http.serializers import shown, validated
from edu.http.views import ApiView
from edu.identity.authentication import principal_of
from evaluations.services import require_student

if TYPE_CHECKING:
    from django.http import HttpResponse
    from rest_framework.request import Request


class StudentEvents(ApiView):
    """The events of a student that are still kept."""

    capabilities: ClassVar = {"GET": READ_EVENTS}

    @extend_schema(
        operation_id="list_student_events",
        tags=["behavior"],
        parameters=[CURSOR, LIMIT],
        responses=page_of("EventPage", serializers.EventOutput),
    )
    def get(self, request: Request, student_id: str) -> Response:
        """A page of them, latest first (404: no such student); ``next`` is the cursor of the following page."""
        require_student(student_id=student_id)
        page = services.list_events(student_id=student_id, **paging_of(request))
        return page_answer(serializers.EventOutput(page.items, many=True).data, page.cursor)


class BehaviorProfile(ApiView):
    """What a student's events come to: for who teaches the student, and administrators."""

    capabilities: ClassVar = {"GET": READ_PROFILES}

    @extend_schema(operation_id="get_behavior_profile", tags=["behavior"], responses=serializers.ProfileOutput)
    def get(self, request: Request, student_id: str) -> Response:
        """The last 30 days by kind and week, the last seven days beside the seven before, and the latest events.

        Weeks begin on Mondays, by the school's clocks. Notes are not in it: they are free text of a child.
        """
        profile = services.get_profile(actor=principal_of(request), student_id=student_id)
        return Response(shown(serializers.ProfileOutput, profile))


class RejectedEvents(ApiView):
    """What the school's devices sent and was not taken as an event, though its request was accepted."""

    capabilities: ClassVar = {"GET": READ_EVENTS}

    @extend_schema(
        operation_id="list_rejected_events",
        tags=["behavior"],
        parameters=[CURSOR, LIMIT],
        responses=page_of("RejectedEventPage", serializers.RejectedEventOutput),
    )
    def get(self, request: Request) -> Response:
        """A page of them, by student.

        What the API Gateway cannot check is rejected later, and so is an event whose id says something else already.
        """
        page = services.list_rejected_events(**paging_of(request))
        return page_answer(serializers.RejectedEventOutput(page.items, many=True).data, page.cursor)


class BehaviorKinds(ApiView):
    """The catalogue of kinds of events, and which of it the school uses."""

    capabilities: ClassVar = {"GET": READ_PROFILES, "PATCH": CHOOSE_KINDS}

    @extend_schema(
        operation_id="list_behavior_kinds",
        tags=["behavior"],
        responses=results_of("BehaviorKindList", serializers.SchoolKindOutput),
    )
    def get(self, request: Request) -> Response:
        """List them all, with who may report each and what the class book asks with it."""
        del request
        return Response({"results": [_kind_data(one) for one in services.list_kinds()]})

    @extend_schema(
        operation_id="switch_behavior_kind",
        tags=["behavior"],
        request=serializers.KindSwitchInput,
        responses=serializers.SchoolKindOutput,
    )
    def patch(self, request: Request) -> HttpResponse:
        """Let the school use a kind, or not (200): what arrives from then on is set aside, and nothing is deleted.

        Workers know it within five minutes.
        """
        given = validated(serializers.KindSwitchInput, request.data)
        reply = reply_for(request, principal_of(request), _kind_data, status=200)
        with reply.key.first_answer_wins():
            services.switch_kind(actor=principal_of(request), kind=given["kind"], in_use=given["in_use"], reply=reply)
        return reply.as_response()


def _kind_data(kind: services.SchoolKind) -> dict[str, Any]:
    return shown(serializers.SchoolKindOutput, kind)
