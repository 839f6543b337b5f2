"""Every address the product answers at, found in Django's own resolver: nobody keeps a list by hand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import URLPattern, URLResolver, get_resolver

if TYPE_CHECKING:
    from collections.abc import Iterator

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Route:
    """One address: its pattern as Django prints it and the names of its parameters."""

    pattern: str

    @property
    def parameters(self) -> list[str]:
        """Its parameters, when it is no regular expression."""
        found: list[str] = _PARAMETER.findall(self.pattern)
        return found

    @property
    def template(self) -> str:
        """The pattern as a format string, when it is no regular expression."""
        return "/" + _PARAMETER.sub(r"{\1}", self.pattern)


def all_routes() -> list[Route]:
    """Every pattern of the web process's routes, included ones and the console's too, each once."""
    return [Route(pattern) for pattern in dict.fromkeys(_patterns(get_resolver().url_patterns, ""))]


def _patterns(entries: list[URLPattern | URLResolver], prefix: str) -> Iterator[str]:
    for entry in entries:
        pattern = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _patterns(entry.url_patterns, pattern)
        else:
            yield pattern
