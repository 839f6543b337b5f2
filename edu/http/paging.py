"""Listings a page at a time: the same two parameters for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from edu.http.fields import WholeNumberField

if TYPE_CHECKING:
    from collections.abc import Collection

    from rest_framework.request import Request

DEFAULT_LIMIT, MAX_LIMIT = 50, 500
CURSOR = OpenApiParameter(
    "cursor", description="Where the listing goes on: `next` of the page before, with the same other parameters."
)
LIMIT = OpenApiParameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
    description="How many results a page has at most. Fewer are no sign that there are no more: `next` says.",
)


class _PageQuery(serializers.Serializer[Any]):
    limit = WholeNumberField(in_query=True, min_value=1, max_value=MAX_LIMIT, default=DEFAULT_LIMIT)


class Paging(TypedDict):
    """Which page of a listing a reader asks for, as services take it."""

    limit: int
    cursor: str | None


def paging_of(request: Request) -> Paging:
    """How many results the reader wants of a page (``?limit=``), and where the listing goes on (``?cursor=``).

    Raises:
        ValidationError: the limit is no number from 1 to 500.
    """
    query = _PageQuery(data=request.query_params.dict())
    query.is_valid(raise_exception=True)
    return {"limit": query.validated_data["limit"], "cursor": request.query_params.get("cursor")}


def page_answer(results: Collection[Any], cursor: str | None) -> Response:
    """The answer of a listing: a page of results, and the cursor of the next one (``None``: there is none)."""
    return Response({"results": results, "next": cursor})
