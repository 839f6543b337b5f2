"""What the API takes and gives of evaluations."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from edu.http.fields import DayField, DecimalTextField, IdField, LineField
from edu.http.serializers import StrictSerializer
from evaluations.api.histories import HistoryEntryOutput
from evaluations.api.score_serializers import KINDS, PURPOSE_MEANING, PURPOSES, REASON_MESSAGES
from evaluations.domain.checks import MAX_REASON_CHARS, MAX_TEXT_CHARS
from evaluations.domain.evaluation import WEIGHT_DECIMALS, EvaluationPurpose
from evaluations.services import inputs

_TITLE: dict[str, Any] = {
    "help_text": "One line. Any kind of space counts as a space; outer ones are taken away.",
    "max_length": MAX_TEXT_CHARS,
    "error_messages": dict.fromkeys(("invalid", "blank", "max_length"), inputs.TITLE),
}
_REASON: dict[str, Any] = {
    "max_length": MAX_REASON_CHARS,
    "allow_blank": True,
    "default": "",
    "error_messages": REASON_MESSAGES,
}
_RELATIVE = "Counts relative to the weights of the term's other evaluations; they need not add up to 100."
_CANCELLED = "It then counts for nothing, takes no scores, and the government is told that its scores are cancelled."
_WEIGHT: dict[str, Any] = {
    "help_text": f"{_RELATIVE} A JSON number is taken too.",
    "max_digits": 5,
    "decimal_places": WEIGHT_DECIMALS,
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
        "purpose": "summative",
    }
    term_id = IdField()
    kind = serializers.ChoiceField(KINDS)
    title = LineField(**_TITLE)
    weight = DecimalTextField(**_WEIGHT)
    held_on = DayField()
    purpose = serializers.ChoiceField(PURPOSES, default=str(EvaluationPurpose.SUMMATIVE), help_text=PURPOSE_MEANING)


class EvaluationChangeInput(StrictSerializer):
    """What of an evaluation is to change, at least one thing, and why."""

    example: ClassVar = {"weight": "30.00", "reason": "Acordado en consejo"}
    title = LineField(**_TITLE, required=False)
    weight = DecimalTextField(**_WEIGHT, required=False)
    held_on = DayField(required=False)
    kind = serializers.ChoiceField(KINDS, required=False)
    purpose = serializers.ChoiceField(PURPOSES, required=False, help_text=PURPOSE_MEANING)
    reason = LineField(**_REASON)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a change that names nothing."""
        if not attrs.keys() - {"reason"}:
            raise serializers.ValidationError(_("Name at least one thing to change"), code="nothing_to_change")
        return attrs


class DeletionInput(StrictSerializer):
    """Why an evaluation is taken back."""

    example: ClassVar = {"reason": "Se creó dos veces"}
    reason = LineField(**_REASON)


class CancellationInput(StrictSerializer):
    """Why an evaluation is cancelled."""

    example: ClassVar = {"reason": "Se registró en la sección equivocada"}
    reason = LineField(max_length=MAX_REASON_CHARS, error_messages=REASON_MESSAGES)


class ReinstatementInput(StrictSerializer):
    """Why a cancelled evaluation counts again."""

    example: ClassVar = {"reason": "Se anuló por error"}
    reason = LineField(max_length=MAX_REASON_CHARS, error_messages=REASON_MESSAGES)


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
        "purpose": "summative",
        "cancelled": False,
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
    purpose = serializers.ChoiceField(PURPOSES, source="stated_purpose", help_text=PURPOSE_MEANING)
    cancelled = serializers.BooleanField(help_text=_CANCELLED)
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
        "purpose": "summative",
        "cancelled": False,
    }
    kind = serializers.ChoiceField(KINDS)
    title = serializers.CharField()
    weight = serializers.DecimalField(max_digits=5, decimal_places=2, min_value=Decimal("0.01"), help_text=_RELATIVE)
    held_on = serializers.DateField()
    purpose = serializers.ChoiceField(PURPOSES, source="stated_purpose", help_text=PURPOSE_MEANING)
    cancelled = serializers.BooleanField(help_text=_CANCELLED)


class EvaluationVersionOutput(HistoryEntryOutput):
    """One entry of an evaluation's history."""

    before = EvaluationContentOutput(allow_null=True)
    after = EvaluationContentOutput()
