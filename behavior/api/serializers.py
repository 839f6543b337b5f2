"""What the API gives of events."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers


class EventOutput(serializers.Serializer[Any]):
    """An event of a student."""

    example: ClassVar = {
        "event_id": "6f1c0b52-3a6e-4d0f-9a55-0c1f2b7d8e90",
        "kind": "participation",
        "occurred_at": "2026-11-23T15:15:00Z",
        "value": "2.5",
        "note": "Explicó el ejercicio a su grupo",
    }
    event_id = serializers.CharField()
    kind = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    value = serializers.DecimalField(max_digits=30, decimal_places=10, allow_null=True, normalize_output=True)
    note = serializers.CharField(allow_null=True)


class RejectedEventOutput(serializers.Serializer[Any]):
    """What was sent, and why it is no event of the student."""

    example: ClassVar = {
        "student_id": "est-0001",
        "reason": "event_id: taken",
        "rejected_at": "2026-11-23T15:15:00Z",
        "content": '{"event_id": "6f1c0b52-3a6e-4d0f-9a55-0c1f2b7d8e90", "kind": "late"}',
    }
    student_id = serializers.CharField()
    reason = serializers.CharField(
        help_text="The fields and the rules they broke. `event_id: taken`: this id says something else already."
    )
    rejected_at = serializers.DateTimeField(help_text="When it arrived.")
    content = serializers.CharField(help_text="What was sent, as JSON; at most its first 4,096 characters.")
