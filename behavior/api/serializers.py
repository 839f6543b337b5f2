"""What the API gives of events."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import serializers


class LatestOutput(serializers.Serializer[Any]):
    """An event without its note."""

    event_id = serializers.CharField()
    kind = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    value = serializers.DecimalField(max_digits=30, decimal_places=10, allow_null=True, normalize_output=True)


class EventOutput(LatestOutput):
    """An event of a student."""

    example: ClassVar = {
        "event_id": "6f1c0b52-3a6e-4d0f-9a55-0c1f2b7d8e90",
        "kind": "participation",
        "occurred_at": "2026-11-23T15:15:00Z",
        "value": "2.5",
        "note": "Explicó el ejercicio a su grupo",
    }
    note = serializers.CharField(allow_null=True)


class WeekOutput(serializers.Serializer[Any]):
    """A week's events of a kind."""

    starts_on = serializers.DateField()
    events = serializers.IntegerField()


class KindOutput(serializers.Serializer[Any]):
    """A kind's events."""

    kind = serializers.CharField()
    events = serializers.IntegerField()
    weeks = WeekOutput(many=True)
    last_7_days = serializers.IntegerField()
    previous_7_days = serializers.IntegerField()
    last_at = serializers.DateTimeField()


class ProfileOutput(serializers.Serializer[Any]):
    """A student's behaviour of the last 30 days."""

    example: ClassVar = {
        "since": "2026-10-24T15:15:00Z",
        "as_of": "2026-11-23T15:15:00Z",
        "kinds": [
            {
                "kind": "participation",
                "events": 12,
                "weeks": [{"starts_on": "2026-11-16", "events": 7}, {"starts_on": "2026-11-23", "events": 5}],
                "last_7_days": 8,
                "previous_7_days": 4,
                "last_at": "2026-11-23T15:10:00Z",
            }
        ],
        "latest": [
            {
                "event_id": "6f1c0b52-3a6e-4d0f-9a55-0c1f2b7d8e90",
                "kind": "participation",
                "occurred_at": "2026-11-23T15:10:00Z",
                "value": "2.5",
            }
        ],
    }
    since = serializers.DateTimeField()
    as_of = serializers.DateTimeField()
    kinds = KindOutput(many=True)
    latest = LatestOutput(many=True)


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
