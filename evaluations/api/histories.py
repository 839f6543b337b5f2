"""What histories say of every version: which it is, when, who made it, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from evaluations import services

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class HistoryEntryOutput(serializers.Serializer[Any]):
    """What every entry of a history says: which version, when, who, and why. ``names`` of its context are teachers'."""

    version = serializers.IntegerField(source="number")
    at = serializers.DateTimeField()
    actor = serializers.CharField(help_text="The account's id, as the audit trail has it.")
    actor_name = serializers.SerializerMethodField(
        help_text="The teacher's name; null for who is none, whom `role` describes."
    )
    role = serializers.CharField(help_text="The account's role then.")
    reason = serializers.CharField(allow_blank=True)

    def get_actor_name(self, version: Any) -> str | None:  # noqa: ANN401 - a version of either history
        """What the writer is called."""
        names: Mapping[str, str] = self.context.get("names", {})
        return names.get(version.person_id)


def history_data(kind: type[HistoryEntryOutput], versions: Sequence[Any]) -> list[Any]:
    """The entries of a page of a history, with their writers' names."""
    names = services.teachers_names(version.person_id for version in versions)
    return list(kind(versions, many=True, context={"names": names}).data)
