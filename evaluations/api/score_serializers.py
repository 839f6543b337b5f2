"""What the API takes and gives of scores: first ones, corrections, voids, whole sections, histories."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from edu.http.fields import IdField, LineField, TruthField, WholeNumberField, plain_text
from edu.http.serializers import StrictSerializer
from evaluations.domain.checks import MAX_REASON_CHARS
from evaluations.domain.evaluation import EvaluationKind, ScoreState
from evaluations.domain.scales import MAX_VALUE_CHARS
from evaluations.services import inputs
from evaluations.services.grading.section_entry import MAX_ROWS

KINDS = [str(kind) for kind in EvaluationKind]
STATES = [str(state) for state in ScoreState]
RECORDABLE = [str(state) for state in ScoreState if state is not ScoreState.VOID]
REASON_MESSAGES: dict[str, Any] = dict.fromkeys(("invalid", "max_length"), inputs.REASON)


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

    state = serializers.ChoiceField(RECORDABLE, default=str(ScoreState.RECORDED))
    value = ValueField()
    late = TruthField(default=False)
    reason = LineField(max_length=MAX_REASON_CHARS, allow_blank=True, default="", error_messages=REASON_MESSAGES)


class ScoreInput(CorrectionInput):
    """A student's score."""

    student_id = IdField()


class ReasonInput(StrictSerializer):
    """Why."""

    reason = LineField(max_length=MAX_REASON_CHARS, error_messages=REASON_MESSAGES)


class RowInput(ScoreInput):
    """One student's row of a section."""

    version = WholeNumberField(min_value=1, max_value=999_999_999, allow_null=True, default=None)


class RowsInput(StrictSerializer):
    """A section's rows. Said for the contract: each row is read by itself, so that a bad one is refused alone."""

    rows = serializers.ListField(child=RowInput(), min_length=1, max_length=MAX_ROWS)


class RowProblemOutput(serializers.Serializer[Any]):
    """Why a row was rejected; ``current`` is there when its version was not the current one."""

    code = serializers.CharField()
    field = serializers.CharField(allow_null=True)
    rule = serializers.CharField()
    message = serializers.CharField()
    current = serializers.DictField(required=False)


class RowOutput(serializers.Serializer[Any]):
    """What became of a row, and the score that stands now."""

    student_id = serializers.CharField(allow_null=True)
    outcome = serializers.ChoiceField(["created", "updated", "unchanged", "rejected"])
    state = serializers.ChoiceField(STATES, allow_null=True)
    value = serializers.CharField(allow_null=True)
    late = serializers.BooleanField(allow_null=True)
    version = serializers.IntegerField(allow_null=True)
    problem = RowProblemOutput(required=False)


class ScoreOutput(serializers.Serializer[Any]):
    """A recorded score."""

    evaluation_id = serializers.CharField()
    student_id = serializers.CharField()
    state = serializers.ChoiceField(STATES)
    value = serializers.CharField(allow_null=True)
    late = serializers.BooleanField()
    version = serializers.IntegerField()
    recorded_at = serializers.DateTimeField()


class ScoreContentOutput(serializers.Serializer[Any]):
    """What a score said at one version."""

    state = serializers.ChoiceField(STATES)
    value = serializers.CharField(allow_null=True)
    late = serializers.BooleanField()


class HistoryEntryOutput(serializers.Serializer[Any]):
    """What every entry of a history says: which version, when, who, and why."""

    version = serializers.IntegerField(source="number")
    at = serializers.DateTimeField()
    actor = serializers.CharField()
    role = serializers.CharField()
    reason = serializers.CharField(allow_blank=True)


class ScoreVersionOutput(HistoryEntryOutput):
    """One entry of a score's history."""

    before = ScoreContentOutput(allow_null=True)
    after = ScoreContentOutput()


class StudentScoreOutput(serializers.Serializer[Any]):
    """A score in a student's list, with where it belongs."""

    evaluation_id = serializers.CharField()
    student_id = serializers.CharField()
    section_id = serializers.CharField()
    course_id = serializers.CharField()
    term_id = serializers.CharField()
    kind = serializers.ChoiceField(KINDS)
    state = serializers.ChoiceField(STATES)
    value = serializers.CharField(allow_null=True)
    late = serializers.BooleanField()
    version = serializers.IntegerField()
    recorded_at = serializers.DateTimeField()
