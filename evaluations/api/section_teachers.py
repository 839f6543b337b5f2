"""The endpoints of who teaches a section beside its teacher."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from edu.http.fields import DayField, IdField, LineField
from edu.http.preconditions import expected_version
from edu.http.replies import etag_of, reply_for
from edu.http.schema import IF_MATCH
from edu.http.serializers import StrictSerializer, shown, validated
from edu.http.views import ApiView
from edu.identity.authentication import principal_of
from evaluations import services
from evaluations.api.score_serializers import REASON_MESSAGES
from evaluations.domain.checks import MAX_REASON_CHARS
from evaluations.domain.teaching import ASSIGNABLE, Capacity
from evaluations.permissions import ASSIGN_TEACHERS, SEE_SCHOOL

if TYPE_CHECKING:
    from django.http import HttpResponse
    from rest_framework.request import Request

    from evaluations.domain.teaching import TeachingAssignment
    from evaluations.services import SectionTeachers

_FIRST_DAY = "The first day, by the school's clocks; null: from now on. A substitute has one."
_LAST_DAY = "The last day, by the school's clocks; null: until somebody ends it. A substitute has one."


class AssignmentInput(StrictSerializer):
    """Somebody who is to teach the section beside its teacher. A substitute has both days, and a reason."""

    example: ClassVar = {
        "teacher_id": "doc-0007",
        "capacity": "substitute",
        "starts_on": "2026-09-07",
        "ends_on": "2026-09-18",
        "reason": "Licencia médica",
    }
    teacher_id = IdField()
    capacity = serializers.ChoiceField(ASSIGNABLE)
    starts_on = DayField(allow_null=True, default=None, help_text=_FIRST_DAY)
    ends_on = DayField(allow_null=True, default=None, help_text=_LAST_DAY)
    reason = LineField(
        max_length=MAX_REASON_CHARS,
        allow_blank=True,
        default="",
        error_messages=REASON_MESSAGES,
        help_text="It stands in the audit trail alone: name nobody.",
    )


class AssignmentEndInput(StrictSerializer):
    """Why somebody's teaching of the section ends, and after which day; without one it ends at once."""

    example: ClassVar = {"ends_on": "2026-09-15", "reason": "La titular vuelve antes"}
    ends_on = DayField(allow_null=True, default=None, help_text="The new last day, from today on; null: ends now.")
    reason = LineField(max_length=MAX_REASON_CHARS, error_messages=REASON_MESSAGES)


class AssignmentRecordOutput(serializers.Serializer[Any]):
    """Who teaches a section beside its teacher, and on which days; ``ended_at``: when it was ended before the last."""

    example: ClassVar[dict[str, Any]] = {
        "assignment_id": "9c0f5a3e7b1d4c62a5e80f4b2d917c33",
        "teacher_id": "doc-0007",
        "capacity": "substitute",
        "starts_on": "2026-09-07",
        "ends_on": "2026-09-18",
        "ended_at": None,
    }
    assignment_id = serializers.CharField()
    teacher_id = serializers.CharField()
    capacity = serializers.ChoiceField(ASSIGNABLE)
    starts_on = serializers.DateField(allow_null=True)
    ends_on = serializers.DateField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)


class AssignmentOutput(AssignmentRecordOutput):
    """The same with the teacher's name, and whether it holds now (``teaches_today``)."""

    example: ClassVar[dict[str, Any]] = {
        **AssignmentRecordOutput.example,
        "teacher_name": "Rosa Quispe",
        "teaches_today": True,
    }
    teacher_name = serializers.CharField(allow_null=True)
    teaches_today = serializers.BooleanField()


class SectionTeachersOutput(serializers.Serializer[Any]):
    """Whose a section is, and who teaches it too: now, before, or later. What is over stays.

    ``teacher_name`` is null for who is no teacher of the school's any more.
    """

    example: ClassVar = {
        "section_id": "mat-5a",
        "teacher_id": "doc-0001",
        "teacher_name": "Luis Soto",
        "version": 2,
        "assignments": [AssignmentOutput.example],
    }
    section_id = serializers.CharField()
    teacher_id = serializers.CharField()
    teacher_name = serializers.CharField(allow_null=True)
    version = serializers.IntegerField()
    assignments = AssignmentOutput(many=True)


class SectionTeacherList(ApiView):
    """Who teaches a section."""

    capabilities: ClassVar = {"GET": SEE_SCHOOL, "POST": ASSIGN_TEACHERS}

    @extend_schema(operation_id="list_section_teachers", tags=["sections"], responses=SectionTeachersOutput)
    def get(self, request: Request, section_id: str) -> Response:
        """Read whose it is and who teaches it too. For who teaches it, administrators and auditors."""
        found = services.list_section_teachers(actor=principal_of(request), section_id=section_id)
        data = _data(found)
        return Response(data, headers={"ETag": etag_of(data)})

    @extend_schema(
        operation_id="assign_section_teacher",
        tags=["sections"],
        parameters=[IF_MATCH],
        request=AssignmentInput,
        responses={201: SectionTeachersOutput},
    )
    def post(self, request: Request, section_id: str) -> HttpResponse:
        """Have somebody share the section, or stand in from one day to another (201). For administrators.

        On those days they see and write all that the section's teacher does, and nothing of it afterwards.
        """
        given = validated(AssignmentInput, request.data)
        version, actor = expected_version(request), principal_of(request)
        reply = reply_for(request, actor, _data, address=lambda _data: request.path)
        capacity = Capacity(given.pop("capacity"))
        with reply.key.first_answer_wins():
            services.assign_teacher(
                actor=actor, section_id=section_id, version=version, capacity=capacity, reply=reply, **given
            )
        return reply.as_response()


class SectionTeacherEnd(ApiView):
    """Ending somebody's teaching of a section."""

    capabilities: ClassVar = {"POST": ASSIGN_TEACHERS}

    @extend_schema(
        operation_id="end_section_teacher",
        tags=["sections"],
        parameters=[IF_MATCH],
        request=AssignmentEndInput,
        responses=SectionTeachersOutput,
    )
    def post(self, request: Request, section_id: str, assignment_id: str) -> HttpResponse:
        """End it now, or after an earlier last day, with a reason (200). For administrators.

        Once this is answered, whoever was ended writes nothing more; what they wrote stays, and says as what.
        """
        given = validated(AssignmentEndInput, request.data)
        version, actor = expected_version(request), principal_of(request)
        reply = reply_for(request, actor, _data, status=200)
        place: dict[str, Any] = {"section_id": section_id, "assignment_id": assignment_id}
        with reply.key.first_answer_wins():
            services.end_assignment(actor=actor, version=version, reply=reply, **place, **given)
        return reply.as_response()


def _data(found: SectionTeachers) -> dict[str, Any]:
    section, names = found.section, found.names
    return {
        "section_id": section.section_id,
        "teacher_id": section.teacher_id,
        "teacher_name": names.get(section.teacher_id),
        "version": found.version,
        "assignments": [_assignment_data(one, found) for one in section.assignments],
    }


def _assignment_data(assignment: TeachingAssignment, found: SectionTeachers) -> dict[str, Any]:
    said = {"teacher_name": found.names.get(assignment.teacher_id), "teaches_today": assignment.covers(found.today)}
    return shown(AssignmentRecordOutput, assignment) | said
