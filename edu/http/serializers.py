"""What the API takes: the fields it names, and no others."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from edu.errors import UNKNOWN_FIELD

_MAX_NAME_CHARS = 40


def validated(kind: type[serializers.Serializer[Any]], data: object) -> dict[str, Any]:
    """What a serializer of this kind makes of what was sent.

    Raises:
        ValidationError: it refuses them.
    """
    return dict(_shared(kind).run_validation(data))


def shown(kind: type[serializers.Serializer[Any]], value: object) -> dict[str, Any]:
    """A value as a serializer of this kind shows it."""
    return dict(_shared(kind).to_representation(value))


@cache
def _shared(kind: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """One serializer of a kind for all requests: it holds fields and rules, and nothing of a request.

    DRF copies every field for each serializer that is made, which cost more than validating with them.
    """
    return kind()


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
