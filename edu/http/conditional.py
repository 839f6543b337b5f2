"""Conditional reads of the API (RFC 9110, 13): every answer has an ETag, and a client's current copy is not sent again.

A record's tag is its version, set by its view; any other answer gets a weak tag of its bytes, unless its view gives one
of its content (``answer_under``), which also saves rendering what is not sent. The table is read all the same. Versions
that a write names are ``edu.http.preconditions``.
"""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from django.utils.cache import get_conditional_response, patch_vary_headers

from edu.http.middleware import API_PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse
    from rest_framework.request import Request

    from edu.http.middleware import GetResponse

_READS = frozenset({"GET", "HEAD"})
_ABOUT_THE_BODY = frozenset({"Content-Type", "Content-Length", "Content-Disposition", "Content-Language"})


class ConditionalReadMiddleware:
    """Tags what the API's reads answer, and answers 304 or 412 instead when the request's conditions say so.

    Answers may be kept by the reader's own client alone, and only to be asked for again: they are a school's.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle one request."""
        response = self._get_response(request)
        if request.method not in _READS or not request.path.startswith(API_PREFIX):
            return response
        if response.status_code not in {HTTPStatus.OK, HTTPStatus.NOT_MODIFIED}:
            return response
        response.headers.setdefault("Cache-Control", "private, no-cache")
        patch_vary_headers(response, ("Accept", "Accept-Language", "Authorization"))
        if "ETag" not in response.headers:
            response.headers["ETag"] = _weak_tag(response)
        if response.status_code == HTTPStatus.NOT_MODIFIED:
            return response
        return _under_conditions(request, response)


def answer_under(tag: str, request: Request, answer: Callable[[], HttpResponse]) -> HttpResponse:
    """The answer with this ETag; it is not made when the request's conditions ask for 304 or 412 instead."""
    instead = get_conditional_response(cast("HttpRequest", request), etag=tag)
    response = instead if instead is not None else answer()
    response.headers["ETag"] = tag
    return response


def _weak_tag(response: HttpResponse) -> str:
    return f'W/"{hashlib.sha256(response.content).hexdigest()[:32]}"'


def _under_conditions(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The answer, or Django's 304 or 412 with the headers that the answer had besides those about its body."""
    answer = get_conditional_response(request, etag=response.headers["ETag"], response=response)
    chosen = cast("HttpResponse", answer)
    if chosen is response:
        return response
    for name, value in response.headers.items():
        if name not in _ABOUT_THE_BODY:
            chosen.headers.setdefault(name, value)
    return chosen
