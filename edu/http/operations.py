"""What a view method says of itself with ``extend_schema``, for the running process: its id and query parameters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.settings import api_settings


@dataclass(frozen=True)
class Operation:
    """An operation of the contract: its id, and the query parameters that it takes."""

    operation_id: str
    query: frozenset[str]


@cache
def operation_of(view: Any, method: str) -> Operation | None:  # noqa: ANN401 - a view's class, which mypy takes for unhashable
    """The operation of a view's method (HEAD is GET's); ``None`` when the method says nothing of itself."""
    handler = getattr(view, "get" if method == "HEAD" else method.lower(), None)
    schema_class = getattr(handler, "kwargs", {}).get("schema")
    if schema_class is None:
        return None
    schema: Any = schema_class()
    schema.view, schema.method = _unasked(view), method
    declared = {part.name for part in schema.get_override_parameters() if part.location == OpenApiParameter.QUERY}
    if len(view.renderer_classes) > 1:
        declared.add(str(api_settings.URL_FORMAT_OVERRIDE))
    return Operation(schema.get_operation_id(), frozenset(declared))


def _unasked(view: type[Any]) -> Any:  # noqa: ANN401 - a view with the attributes that a request would give it
    made: Any = view()
    made.request, made.args, made.kwargs = None, (), {}
    return made
