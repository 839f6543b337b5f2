"""What views share: taking requests apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

if TYPE_CHECKING:
    from rest_framework.request import Request

ID_PATTERN = r"^[a-z0-9-]{1,40}$"
TERM = OpenApiParameter("term", {"type": "string", "pattern": ID_PATTERN}, description="Only of this term.")
REQUIRED_TERM = OpenApiParameter(
    "term", {"type": "string", "pattern": ID_PATTERN}, required=True, description="Of this term."
)


class _TermQuery(serializers.Serializer[Any]):
    term = serializers.RegexField(ID_PATTERN, required=False, default="")


def validated(serializer: Any) -> dict[str, Any]:  # noqa: ANN401 - any serializer
    """What the serializer makes of its data.

    Raises:
        ValidationError: it refuses them.
    """
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def term_of(request: Request) -> str:
    """The term the reader asked for (``?term=``), or nothing.

    Raises:
        ValidationError: it is no id.
    """
    term_id: str = validated(_TermQuery(data=request.query_params.dict()))["term"]
    return term_id


def cursor_of(request: Request) -> str | None:
    """Where the reader's listing goes on (``?cursor=``)."""
    return request.query_params.get("cursor")
