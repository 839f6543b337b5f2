"""What the API gives of events."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class EventOutput(serializers.Serializer[Any]):
    """An event of a student."""

    event_id = serializers.CharField()
    kind = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    value = serializers.DecimalField(max_digits=30, decimal_places=10, allow_null=True, normalize_output=True)
    note = serializers.CharField(allow_null=True)
