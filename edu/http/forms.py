"""The bodies of forms: small, and without files.

They are complete by the time Django sees them (``edu.http.front``), so reading one waits for nobody.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.template.response import SimpleTemplateResponse

from edu.http.middleware import API_PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from edu.http.middleware import GetResponse

MOST_BYTES = 64 * 1024


class FormBodyMiddleware:
    """Refuses what no form of the console sends, before the CSRF check parses it.

    The API's views are left alone: they are exempt from that check, and read a body only once its sender is known.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle one request."""
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], _args: object, _kwargs: object
    ) -> HttpResponse | None:
        """415 for multipart, 413 for a large body; else go on."""
        if request.path.startswith(API_PREFIX) and getattr(view, "csrf_exempt", False):
            return None
        if (request.content_type or "").startswith("multipart/"):
            return _page("400.html", HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        if _declared_bytes(request) > MOST_BYTES:
            return _page("413.html", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return None


def _declared_bytes(request: HttpRequest) -> int:
    """The body's length; Django reads none of a body without a number here."""
    declared = request.META.get("CONTENT_LENGTH") or ""
    return int(declared) if declared.isdecimal() else 0


def _page(template: str, status: HTTPStatus) -> HttpResponse:
    return SimpleTemplateResponse(template, status=status).render()
