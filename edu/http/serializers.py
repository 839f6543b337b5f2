"""What the API takes: the fields it names, and no others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from edu.errors import UNKNOWN_FIELD

_MAX_NAME_CHARS = 40


class StrictSerializer(serializers.Serializer[Any]):
    """The base of every body: a field that it does not name is refused, not ignored, since it may be a misspelt one.

    ``example`` is a body of its kind, for the contract.
    """

    example: ClassVar[dict[str, Any]]
    default_error_messages = {"invalid": _("Send a JSON object")}  # noqa: RUF012 - DRF's own attribute

    def to_internal_value(self, data: Any) -> Any:  # noqa: ANN401 - whatever was sent
        """The fields' values.

        Raises:
            ValidationError: a field breaks a rule, or there is no such field; all of them are named.
        """
        unknown = unknown_fields(data, self.fields)
        try:
            found = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if unknown and isinstance(error.detail, dict):
                raise serializers.ValidationError({**error.detail, **unknown}) from error
            raise
        if unknown:
            raise serializers.ValidationError(unknown)
        return found


class NoBody(StrictSerializer):
    """Nothing: the body of a write that says all in its address and headers."""

    example: ClassVar = {}


def unknown_fields(data: object, known: Mapping[str, object]) -> dict[str, list[serializers.ErrorDetail]]:
    """A refusal for each name of an object that is not among the ``known``."""
    names = data if isinstance(data, Mapping) else ()
    refused = serializers.ErrorDetail(str(UNKNOWN_FIELD), code="unknown_field")
    return {str(name)[:_MAX_NAME_CHARS]: [refused] for name in names if name not in known}
