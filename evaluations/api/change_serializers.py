"""What the API gives of changed records: each as its own listing gives it, and a little more."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final

from rest_framework import serializers

from edu.http.serializers import shown
from evaluations.api.evaluation_serializers import EvaluationOutput
from evaluations.api.school import SchoolOutput
from evaluations.api.score_serializers import StudentScoreOutput
from evaluations.api.section_teachers import AssignmentRecordOutput
from evaluations.api.sections import SectionOutput, StudentOutput
from evaluations.api.terms import TermOutput
from evaluations.domain.copies import CopiedKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evaluations.domain.copies import ChangedRecord

KINDS = sorted(map(str, CopiedKind))


class SchoolCopyOutput(SchoolOutput):
    """The school with its terms."""

    terms = TermOutput(many=True)


class CourseCopyOutput(serializers.Serializer[Any]):
    """A course; ``grade_level`` is null where it is of several or none."""

    example: ClassVar = {"course_id": "mat-5", "name": "Matemática", "grade_level": 5}
    course_id = serializers.CharField()
    name = serializers.CharField()
    grade_level = serializers.IntegerField(allow_null=True)


class TeacherCopyOutput(serializers.Serializer[Any]):
    """Somebody who teaches."""

    example: ClassVar = {"teacher_id": "doc-0001", "family_name": "Soto Vargas", "given_name": "Ana"}
    teacher_id = serializers.CharField()
    family_name = serializers.CharField()
    given_name = serializers.CharField()


class SectionCopyOutput(SectionOutput):
    """A section with who teaches it; ``others`` are those beside its teacher, past ones among them."""

    example: ClassVar = {
        **SectionOutput.example,
        "teacher_id": "doc-0001",
        "others": [AssignmentRecordOutput.example],
    }
    teacher_id = serializers.CharField()
    others = AssignmentRecordOutput(many=True, source="assignments")


class EnrolmentCopyOutput(serializers.Serializer[Any]):
    """A student's place in a section; the first day is null where nobody said it, the last where it goes on."""

    example: ClassVar = {
        "section_id": "mat-5a",
        "student_id": "est-0001",
        "starts_on": "2026-03-02",
        "ends_on": None,
    }
    section_id = serializers.CharField()
    student_id = serializers.CharField()
    starts_on = serializers.DateField(allow_null=True)
    ends_on = serializers.DateField(allow_null=True)


class KeyOutput(serializers.Serializer[Any]):
    """The ids by which a record is known, those of its kind: also where it is no more."""

    example: ClassVar = {"evaluation_id": "5b1f0c6e8a4d4f0f9d3a0d2c1f6f7a11", "student_id": "est-0001"}
    school_id = serializers.CharField(required=False)
    course_id = serializers.CharField(required=False)
    teacher_id = serializers.CharField(required=False)
    section_id = serializers.CharField(required=False)
    student_id = serializers.CharField(required=False)
    evaluation_id = serializers.CharField(required=False)


class ChangeOutput(serializers.Serializer[Any]):
    """A record that changed: itself under the name of its kind, as it stands now, or nothing where it is no more."""

    example: ClassVar = {
        "changed": "score",
        "key": KeyOutput.example,
        "changed_at": "2026-09-25T15:40:11.208000Z",
        "deleted": False,
        "score": StudentScoreOutput.example,
    }
    changed = serializers.ChoiceField(KINDS)
    key = KeyOutput()
    changed_at = serializers.DateTimeField(
        help_text="Of the last of its changes that the page is about; of the whole roster, when it was begun."
    )
    deleted = serializers.BooleanField(help_text="The record is no more: take it out of the copy.")
    school = SchoolCopyOutput(required=False)
    course = CourseCopyOutput(required=False)
    teacher = TeacherCopyOutput(required=False)
    section = SectionCopyOutput(required=False)
    student = StudentOutput(required=False)
    enrolment = EnrolmentCopyOutput(required=False)
    evaluation = EvaluationOutput(required=False)
    score = StudentScoreOutput(required=False)


class ChangePageOutput(serializers.Serializer[Any]):
    """A page of changed records."""

    example: ClassVar = {
        "results": [
            ChangeOutput.example,
            {
                "changed": "evaluation",
                "key": {"evaluation_id": "0c9d2f7b1e5a4c6d8f3b7a2e9d1c4b60"},
                "changed_at": "2026-09-25T15:41:02.030000Z",
                "deleted": True,
            },
        ],
        "next": "gAAAAABqG2fY3oWJm1rXw0k4Zr8cQ2nL5tVb7hSgXeUyPd",
        "more": False,
        "until": "2026-09-25T16:00:00Z",
    }
    results = ChangeOutput(many=True)
    next = serializers.CharField(help_text="The cursor of what comes after this page, also after the last: keep it.")
    more = serializers.BooleanField(help_text="There is a page to be read at once.")
    until = serializers.DateTimeField(help_text="What was changed before this instant has been told.")


_OUTPUTS: Final[Mapping[CopiedKind, type[serializers.Serializer[Any]]]] = MappingProxyType(
    {
        CopiedKind.SCHOOL: SchoolCopyOutput,
        CopiedKind.COURSE: CourseCopyOutput,
        CopiedKind.TEACHER: TeacherCopyOutput,
        CopiedKind.SECTION: SectionCopyOutput,
        CopiedKind.STUDENT: StudentOutput,
        CopiedKind.ENROLMENT: EnrolmentCopyOutput,
        CopiedKind.EVALUATION: EvaluationOutput,
        CopiedKind.SCORE: StudentScoreOutput,
    }
)


def change_data(change: ChangedRecord) -> dict[str, Any]:
    """A changed record as ``ChangeOutput`` describes it."""
    kind = change.name.kind
    data = {
        "changed": str(kind),
        "key": change.name.by_name(),
        "changed_at": change.changed_at,
        "deleted": change.record is None,
    }
    return data if change.record is None else data | {str(kind): shown(_OUTPUTS[kind], change.record)}
