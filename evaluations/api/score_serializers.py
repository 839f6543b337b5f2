"""What the API takes and gives of scores: first ones, corrections, voids, whole sections, histories."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers

from edu.http.fields import IdField, LineField, TruthField, WholeNumberField, plain_text
from edu.http.serializers import StrictSerializer
from evaluations.api.histories import HistoryEntryOutput
from evaluations.domain.checks import MAX_COMMENT_CHARS, MAX_REASON_CHARS
from evaluations.domain.evaluation import EvaluationKind, EvaluationPurpose, ScoreState
from evaluations.domain.scales import MAX_VALUE_CHARS
from evaluations.services import inputs
from evaluations.services.grading.section_entry import MAX_ROWS

KINDS = [str(kind) for kind in EvaluationKind]
PURPOSES = [str(purpose) for purpose in EvaluationPurpose]
PURPOSE_MEANING = (
    "`summative` counts; `formative` shows the way only: it counts for nothing and is not told to the government;"
    " `extra_credit` adds to what the others come to, as the school's rules say."
)
STATES = [str(state) for state in ScoreState]
RECORDABLE = [str(state) for state in ScoreState if state is not ScoreState.VOID]
REASON_MESSAGES: dict[str, Any] = dict.fromkeys(("invalid", "max_length"), inputs.REASON)


_COMMENT = "One line on the score that the student's family may read; why it was changed is the reason's."


class ValueField(serializers.CharField):
    """A result as text; a JSON number counts as the text it is worth, digit by digit."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - DRF's options
        super().__init__(max_length=MAX_VALUE_CHARS, allow_null=True, default=None, **options)

    def to_internal_value(self, data: Any) -> str:  # noqa: ANN401 - whatever was sent
        """The text."""
        text: str = super().to_internal_value(plain_text(data) if isinstance(data, Decimal) else data)
        return text


class CorrectionInput(StrictSerializer):
    """What a score is to be instead."""

    example: ClassVar = {
        "state": "recorded",
        "value": "5.8",
        "comment": "Buen planteamiento; repasa las fracciones",
        "reason": "Error de suma",
    }
    state = serializers.ChoiceField(RECORDABLE, default=str(ScoreState.RECORDED))
    value = ValueField()
    late = TruthField(default=False)
    comment = LineField(
        max_length=MAX_COMMENT_CHARS,
        allow_blank=True,
        allow_null=True,
        default=None,
        error_messages=dict.fromkeys(("invalid", "max_length"), inputs.COMMENT),
        help_text=f"{_COMMENT} Part of what the score says: left out or empty, there is none any more.",
    )
    reason = LineField(max_length=MAX_REASON_CHARS, allow_blank=True, default="", error_messages=REASON_MESSAGES)


FIRST_SCORE = OpenApiExample("first", summary="With If-None-Match: * (201)", value={"value": "6.5"}, request_only=True)
CORRECTION = OpenApiExample(
    "correction", summary='With If-Match: "1" (200)', value=CorrectionInput.example, request_only=True
)


class ScoreInput(CorrectionInput):
    """A student's score."""

    example: ClassVar = {"student_id": "est-0001", "value": "6.5"}
    student_id = IdField()


class ReasonInput(StrictSerializer):
    """Why."""

    example: ClassVar = {"reason": "La prueba se repite"}
    reason = LineField(max_length=MAX_REASON_CHARS, error_messages=REASON_MESSAGES)


class RowInput(ScoreInput):
    """One student's row of a section."""

    example: ClassVar = {"student_id": "est-0003", "value": "4.0", "version": 1, "reason": "Error de suma"}
    version = WholeNumberField(min_value=1, max_value=999_999_999, allow_null=True, default=None)


class RowsInput(StrictSerializer):
    """A section's rows. Said for the contract: each row is read by itself, so that a bad one is refused alone."""

    example: ClassVar = {
        "rows": [
            {"student_id": "est-0001", "value": "6.5"},
            {"student_id": "est-0002", "state": "absent"},
            {"student_id": "est-0003", "value": "4.0", "version": 1, "reason": "Error de suma"},
        ]
    }
    rows = serializers.ListField(child=RowInput(), min_length=1, max_length=MAX_ROWS)


class RowProblemOutput(serializers.Serializer[Any]):
    """Why a row was rejected; ``current`` is there when its version was not the current one."""

    example: ClassVar = {
        "code": "invalid_score",
        "field": "value",
        "rule": "out_of_range",
        "message": "Debe estar entre 1 y 7, de 0.1 en 0.1",
    }
    code = serializers.CharField()
    field = serializers.CharField(allow_null=True)
    rule = serializers.CharField()
    message = serializers.CharField()
    current = serializers.DictField(required=False)


class RowOutput(serializers.Serializer[Any]):
    """What became of a row, and the score that stands now."""

    example: ClassVar = {
        "student_id": "est-0001",
        "outcome": "created",
        "state": "recorded",
        "value": "6.5",
        "late": False,
        "comment": None,
        "version": 1,
    }
    student_id = serializers.CharField(allow_null=True)
    outcome = serializers.ChoiceField(["created", "updated", "unchanged", "rejected"])
    state = serializers.ChoiceField(STATES, allow_null=True)
    value = serializers.CharField(allow_null=True)
    late = serializers.BooleanField(allow_null=True)
    comment = serializers.CharField(allow_null=True, help_text=_COMMENT)
    version = serializers.IntegerField(allow_null=True)
    problem = RowProblemOutput(required=False)


class ScoreOutput(serializers.Serializer[Any]):
    """A recorded score."""

    example: ClassVar = {
        "evaluation_id": "5b1f0c6e8a4d4f0f9d3a0d2c1f6f7a11",
        "student_id": "est-0001",
        "state": "recorded",
        "value": "6.5",
        "late": False,
        "comment": None,
        "version": 1,
        "recorded_at": "2026-09-25T15:40:11.208000Z",
    }
    evaluation_id = serializers.CharField()
    student_id = serializers.CharField()
    state = serializers.ChoiceField(STATES)
    value = serializers.CharField(allow_null=True)
    late = serializers.BooleanField()
    comment = serializers.CharField(allow_null=True, help_text=_COMMENT)
    version = serializers.IntegerField()
    recorded_at = serializers.DateTimeField()


class ScoreContentOutput(serializers.Serializer[Any]):
    """What a score said at one version."""

    example: ClassVar = {
        "state": "recorded",
        "value": "5.8",
        "late": False,
        "comment": "Buen planteamiento; repasa las fracciones",
    }
    state = serializers.ChoiceField(STATES)
    value = serializers.CharField(allow_null=True)
    late = serializers.BooleanField()
    comment = serializers.CharField(allow_null=True, help_text=_COMMENT)


class ScoreVersionOutput(HistoryEntryOutput):
    """One entry of a score's history."""

    before = ScoreContentOutput(allow_null=True)
    after = ScoreContentOutput()


class StudentScoreOutput(serializers.Serializer[Any]):
    """A score in a student's list, with where it belongs."""

    example: ClassVar = {
        "evaluation_id": "5b1f0c6e8a4d4f0f9d3a0d2c1f6f7a11",
        "student_id": "est-0001",
        "section_id": "mat-5a",
        "course_id": "mat-5",
        "term_id": "2026-s2",
        "kind": "exam",
        "purpose": "summative",
        "state": "recorded",
        "value": "6.5",
        "late": False,
        "comment": None,
        "version": 1,
        "recorded_at": "2026-09-25T15:40:11.208000Z",
    }
    evaluation_id = serializers.CharField()
    student_id = serializers.CharField()
    section_id = serializers.CharField()
    course_id = serializers.CharField()
    term_id = serializers.CharField()
    kind = serializers.ChoiceField(KINDS)
    purpose = serializers.ChoiceField(PURPOSES, source="stated_purpose", help_text=PURPOSE_MEANING)
    state = serializers.ChoiceField(STATES)
    value = serializers.CharField(allow_null=True)
    late = serializers.BooleanField()
    comment = serializers.CharField(allow_null=True, help_text=_COMMENT)
    version = serializers.IntegerField()
    recorded_at = serializers.DateTimeField()
