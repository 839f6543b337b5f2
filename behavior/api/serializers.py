"""What the API gives of events."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from rest_framework import serializers

from behavior.domain.events import EARLY_AFTER, LATE_AFTER, Clock
from behavior.domain.kinds import KINDS, Category, Reporter
from behavior.kind_names import KIND_NAMES
from edu.http.serializers import StrictSerializer

_CATEGORY = "What it is about; none for a kind from before there was a catalogue."


class LatestOutput(serializers.Serializer[Any]):
    """An event without its note."""

    event_id = serializers.CharField()
    kind = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    value = serializers.DecimalField(max_digits=30, decimal_places=10, allow_null=True, normalize_output=True)
    arrived_at = serializers.DateTimeField(help_text="When the door took it.")
    clock = serializers.ChoiceField(
        choices=list(Clock),
        help_text=(
            f"`late`: it arrived more than {LATE_AFTER // timedelta(minutes=1)} minutes after it happened. `early`: "
            f"more than {EARLY_AFTER // timedelta(minutes=1)} minutes before, so the device's clock is ahead."
        ),
    )


class EventOutput(LatestOutput):
    """An event of a student."""

    example: ClassVar = {
        "event_id": "6f1c0b52-3a6e-4d0f-9a55-0c1f2b7d8e90",
        "kind": "participation",
        "occurred_at": "2026-11-23T15:15:00Z",
        "value": "2.5",
        "arrived_at": "2026-11-23T15:15:02Z",
        "clock": "on_time",
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
    category = serializers.ChoiceField(choices=list(Category), allow_null=True, help_text=_CATEGORY)
    events = serializers.IntegerField()
    late_clocks = serializers.IntegerField(help_text="Of them, those whose `clock` is `late`.")
    early_clocks = serializers.IntegerField(help_text="Of them, those whose `clock` is `early`.")
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
                "category": "participation",
                "events": 12,
                "late_clocks": 1,
                "early_clocks": 0,
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
                "arrived_at": "2026-11-23T15:10:01Z",
                "clock": "on_time",
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
        help_text="The fields and the rules they broke. `event_id: taken`: this id says something else already. "
        "`kind: not_used`: the school does not use this kind."
    )
    rejected_at = serializers.DateTimeField(help_text="When it arrived.")
    content = serializers.CharField(help_text="What was sent, as JSON; at most its first 4,096 characters.")


class KindNameField(serializers.CharField):
    """What a kind is called."""

    def to_representation(self, value: str) -> str:
        """The name."""
        return str(KIND_NAMES[value])


class SchoolKindOutput(serializers.Serializer[Any]):
    """A kind of the catalogue, and whether the school uses it."""

    example: ClassVar = {
        "kind": "negative_note",
        "name": "Anotación negativa",
        "category": "note",
        "reporters": ["staff"],
        "has_article": True,
        "has_severity": True,
        "in_use": True,
        "off_since": None,
    }
    kind = serializers.CharField(source="kind.name")
    name = KindNameField(source="kind.name", help_text="In the reader's language.")
    category = serializers.ChoiceField(source="kind.category", choices=list(Category))
    reporters = serializers.ListField(
        source="kind.reporters", child=serializers.ChoiceField(choices=list(Reporter)), help_text="Who may report it."
    )
    has_article = serializers.BooleanField(
        source="kind.has_article", help_text="The class book asks for the article of the school's rules."
    )
    has_severity = serializers.BooleanField(
        source="kind.has_severity", help_text="The class book asks how serious it is."
    )
    in_use = serializers.BooleanField()
    off_since = serializers.DateTimeField(
        allow_null=True, help_text="What arrives from then on is set aside as `kind: not_used`."
    )


class KindSwitchInput(StrictSerializer):
    """Whether the school is to use a kind."""

    example: ClassVar = {"kind": "mood", "in_use": False}
    kind = serializers.ChoiceField(choices=list(KINDS))
    in_use = serializers.BooleanField()
