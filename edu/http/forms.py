"""The bodies of forms: small, without files, and read one at a time.

The server sets no limit to the time a body may take (ADR 0007), and Django's CSRF check reads it before anybody is
known. So a sender who stops half-way holds one of the process's few threads; with one body read at a time it is one
thread and no more, whatever the number of senders.
"""

from __future__ import annotations

import threading
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.http import UnreadablePostError
from django.template.response import SimpleTemplateResponse

from edu.http.middleware import API_PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from edu.http.middleware import GetResponse

MOST_BYTES = 64 * 1024
_WAIT_S = 0.05  # what a body takes that has already arrived
_RETRY_AFTER_S = 2


class FormBodyMiddleware:
    """Refuses what no form of the console sends, and reads the rest into memory before the CSRF check asks for it.

    The API's views are left alone: they are exempt from that check, and read a body only once its sender is known.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response
        self._reading = threading.Lock()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle one request."""
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], _args: object, _kwargs: object
    ) -> HttpResponse | None:
        """415 for multipart, 413 for a large body, 503 while another body is being read; else go on."""
        if request.path.startswith(API_PREFIX) and getattr(view, "csrf_exempt", False):
            return None
        if (request.content_type or "").startswith("multipart/"):
            return _page("400.html", HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        if _declared_bytes(request) > MOST_BYTES:
            return _page("413.html", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return self._read(request) if request.method == "POST" else None

    def _read(self, request: HttpRequest) -> HttpResponse | None:
        if not self._reading.acquire(timeout=_WAIT_S):
            busy = _page("console/unavailable.html", HTTPStatus.SERVICE_UNAVAILABLE)
            busy.headers["Retry-After"] = str(_RETRY_AFTER_S)
            return busy
        try:
            request.body  # noqa: B018 - read whole, and kept by Django
        except UnreadablePostError:
            return _page("400.html", HTTPStatus.BAD_REQUEST)
        finally:
            self._reading.release()
        return None


def _declared_bytes(request: HttpRequest) -> int:
    """The body's length; Django reads none of a body without a number here."""
    declared = request.META.get("CONTENT_LENGTH") or ""
    return int(declared) if declared.isdecimal() else 0


def _page(template: str, status: HTTPStatus) -> HttpResponse:
    return SimpleTemplateResponse(template, status=status).render()
