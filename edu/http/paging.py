"""Listings a page at a time: the same two parameters for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

if TYPE_CHECKING:
    from rest_framework.request import Request

DEFAULT_LIMIT, MAX_LIMIT = 50, 500
CURSOR = OpenApiParameter("cursor", description="Where the listing goes on: `next` of the page before.")
LIMIT = OpenApiParameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
    description="How many results a page has at most. A page may have fewer while there are more: `next` says.",
)


class _PageQuery(serializers.Serializer[Any]):
    limit = serializers.IntegerField(min_value=1, max_value=MAX_LIMIT, default=DEFAULT_LIMIT)


def limit_of(request: Request) -> int:
    """How many results the reader wants of a page (``?limit=``).

    Raises:
        ValidationError: it is no number from 1 to 500.
    """
    query = _PageQuery(data=request.query_params.dict())
    query.is_valid(raise_exception=True)
    limit: int = query.validated_data["limit"]
    return limit


def cursor_of(request: Request) -> str | None:
    """Where the reader's listing goes on (``?cursor=``)."""
    return request.query_params.get("cursor")
