"""Reading request bodies."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from rest_framework.parsers import JSONParser

from edu.http import json_bodies

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
            EncodedBodyError: the body is compressed.
        """
        context = parser_context or {}
        if "request" in context:
            headers = context["request"].headers
            json_bodies.require_no_coding(headers.get("Content-Encoding", ""))
            json_bodies.require_utf_8(headers.get("Content-Type", ""))
        return json_bodies.decode(stream.read())
