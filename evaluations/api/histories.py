"""What histories say of every version: which it is, when, who made it, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework import serializers

from evaluations import services
from evaluations.domain.teaching import CAPACITIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class HistoryEntryOutput(serializers.Serializer[Any]):
    """What every entry of a history says: which version, when, who, as what, and why.

    ``names`` of its context are teachers'.
    """

    version = serializers.IntegerField(source="number")
    at = serializers.DateTimeField()
    actor = serializers.CharField(help_text="The account's id, as the audit trail has it.")
    actor_name = serializers.SerializerMethodField(
        help_text="The teacher's name; null for who is none, whom `role` describes."
    )
    role = serializers.CharField(help_text="The account's role then.")
    capacity = serializers.ChoiceField(
        CAPACITIES,
        allow_null=True,
        help_text="As what they acted in the section; null of imports, and from before it was kept.",
    )
    section_teacher_name = serializers.SerializerMethodField(
        help_text="Whose section it was then; null as `capacity`, and for who is no teacher of the school's any more."
    )
    reason = serializers.CharField(allow_blank=True)

    def get_actor_name(self, version: Any) -> str | None:  # noqa: ANN401 - a version of either history
        """What the writer is called."""
        return self._name_of(version.person_id)

    def get_section_teacher_name(self, version: Any) -> str | None:  # noqa: ANN401 - a version of either history
        """What the section's teacher is called."""
        return self._name_of(version.section_teacher_id)

    def _name_of(self, person_id: str | None) -> str | None:
        names: Mapping[str, str] = self.context.get("names", {})
        return names.get(person_id or "")


def history_data(kind: type[HistoryEntryOutput], versions: Sequence[Any]) -> list[Any]:
    """The entries of a page of a history, with their writers' names."""
    people = {who for version in versions for who in (version.person_id, version.section_teacher_id) if who}
    names = services.teachers_names(people)
    return list(kind(versions, many=True, context={"names": names}).data)
