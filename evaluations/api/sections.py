"""The endpoints of sections and their students."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from edu.http.schema import results_of
from edu.http.views import ApiView
from edu.identity.authentication import principal_of
from evaluations import services
from evaluations.permissions import SEE_SCHOOL

if TYPE_CHECKING:
    from rest_framework.request import Request


class StudentOutput(serializers.Serializer[Any]):
    """A student, as a grade book lists them."""

    example: ClassVar = {"student_id": "est-0001", "family_name": "Quispe Huamán", "given_name": "Rosa"}
    student_id = serializers.CharField()
    family_name = serializers.CharField()
    given_name = serializers.CharField()


class SectionOutput(serializers.Serializer[Any]):
    """A section."""

    example: ClassVar = {"section_id": "mat-5a", "course_id": "mat-5", "name": "5º A Matemática", "school_year": 2026}
    section_id = serializers.CharField()
    course_id = serializers.CharField()
    name = serializers.CharField()
    school_year = serializers.IntegerField()


class SectionList(ApiView):
    """The caller's sections."""

    capabilities: ClassVar = {"GET": SEE_SCHOOL}

    @extend_schema(operation_id="list_sections", tags=["sections"], responses=results_of("SectionList", SectionOutput))
    def get(self, request: Request) -> Response:
        """List them, by id."""
        sections = services.list_sections(actor=principal_of(request))
        return Response({"results": SectionOutput(sections, many=True).data})


class SectionStudents(ApiView):
    """A section's students."""

    capabilities: ClassVar = {"GET": SEE_SCHOOL}

    @extend_schema(
        operation_id="list_section_students",
        tags=["sections"],
        responses=results_of("StudentList", StudentOutput),
    )
    def get(self, request: Request, section_id: str) -> Response:
        """List them, by family name."""
        students = services.list_section_students(actor=principal_of(request), section_id=section_id)
        return Response({"results": StudentOutput(students, many=True).data})
