"""What the API takes and gives of evaluations."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from edu.http.serializers import StrictSerializer
from evaluations.api.histories import HistoryEntryOutput
from evaluations.api.parsing import ID_PATTERN
from evaluations.api.score_serializers import KINDS
from evaluations.domain.checks import MAX_REASON_CHARS
from evaluations.services import inputs

_TITLE_MESSAGES: dict[str, Any] = dict.fromkeys(("blank", "max_length"), inputs.TITLE)
_RELATIVE = "Counts relative to the weights of the term's other evaluations; they need not add up to 100."
_WEIGHT: dict[str, Any] = {
    "help_text": _RELATIVE,
    "max_digits": 5,
    "decimal_places": 2,
    "min_value": Decimal("0.01"),
    "max_value": 100,
    "error_messages": dict.fromkeys(
        ("invalid", "min_value", "max_value", "max_digits", "max_decimal_places", "max_whole_digits"), inputs.WEIGHT
    ),
}


class EvaluationInput(StrictSerializer):
    """A new evaluation."""

    example: ClassVar = {
        "term_id": "2026-s2",
        "kind": "exam",
        "title": "Prueba de fracciones",
        "weight": "25.00",
        "held_on": "2026-09-24",
    }
    term_id = serializers.RegexField(ID_PATTERN)
    kind = serializers.ChoiceField(KINDS)
    title = serializers.CharField(max_length=120, error_messages=_TITLE_MESSAGES)
    weight = serializers.DecimalField(**_WEIGHT)
    held_on = serializers.DateField()


class EvaluationChange(StrictSerializer):
    """What of an evaluation is to change, at least one thing, and why."""

    example: ClassVar = {"weight": "30.00", "reason": "Acordado en consejo"}
    title = serializers.CharField(max_length=120, required=False, error_messages=_TITLE_MESSAGES)
    weight = serializers.DecimalField(**_WEIGHT, required=False)
    held_on = serializers.DateField(required=False)
    kind = serializers.ChoiceField(KINDS, required=False)
    reason = serializers.CharField(max_length=MAX_REASON_CHARS, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a change that names nothing."""
        if not attrs.keys() - {"reason"}:
            raise serializers.ValidationError(_("Name at least one thing to change"), code="nothing_to_change")
        return attrs


class DeletionInput(StrictSerializer):
    """Why an evaluation is taken back."""

    example: ClassVar = {"reason": "Se creó dos veces"}
    reason = serializers.CharField(max_length=MAX_REASON_CHARS, allow_blank=True, default="")


class EvaluationOutput(serializers.Serializer[Any]):
    """An evaluation."""

    example: ClassVar = {
        "evaluation_id": "5b1f0c6e8a4d4f0f9d3a0d2c1f6f7a11",
        "section_id": "mat-5a",
        "course_id": "mat-5",
        "term_id": "2026-s2",
        "kind": "exam",
        "title": "Prueba de fracciones",
        "weight": "25.00",
        "held_on": "2026-09-24",
        "scale_id": "1-7",
        "version": 1,
        "created_at": "2026-09-20T14:03:27.512000Z",
    }
    evaluation_id = serializers.CharField()
    section_id = serializers.CharField()
    course_id = serializers.CharField()
    term_id = serializers.CharField()
    kind = serializers.ChoiceField(KINDS)
    title = serializers.CharField()
    weight = serializers.DecimalField(max_digits=5, decimal_places=2, min_value=Decimal("0.01"), help_text=_RELATIVE)
    held_on = serializers.DateField()
    scale_id = serializers.CharField(allow_null=True)
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class EvaluationContentOutput(serializers.Serializer[Any]):
    """What an evaluation said at one version."""

    example: ClassVar = {
        "kind": "exam",
        "title": "Prueba de fracciones",
        "weight": "30.00",
        "held_on": "2026-09-24",
    }
    kind = serializers.ChoiceField(KINDS)
    title = serializers.CharField()
    weight = serializers.DecimalField(max_digits=5, decimal_places=2, min_value=Decimal("0.01"), help_text=_RELATIVE)
    held_on = serializers.DateField()


class EvaluationVersionOutput(HistoryEntryOutput):
    """One entry of an evaluation's history."""

    before = EvaluationContentOutput(allow_null=True)
    after = EvaluationContentOutput()
