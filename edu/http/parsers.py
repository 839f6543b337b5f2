"""Reading request bodies."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from rest_framework.parsers import JSONParser

from edu.http import json_bodies
from edu.http.errors import MalformedBodyError

if TYPE_CHECKING:
    from collections.abc import Mapping


class StrictJSONParser(JSONParser):
    """JSON as ``edu.http.json_bodies`` reads it, in UTF-8 alone (RFC 8259, 8.1)."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,  # noqa: ARG002 - DRF's signature
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 - whatever the body holds
        """The decoded body.

        Raises:
            MalformedBodyError: see there; also when the request names another character encoding.
            UnsupportedMediaTypeError: the body is compressed.
        """
        context = parser_context or {}
        if "request" in context:
            json_bodies.require_no_coding(context["request"].headers.get("Content-Encoding", ""))
        encoding = context.get("encoding") or "utf-8"
        if encoding.lower() not in {"utf-8", "utf8"}:
            raise MalformedBodyError(json_bodies.NOT_JSON)
        return json_bodies.decode(stream.read())
