"""The language of what is said to a person: the best of ours for ``Accept-Language`` (RFC 9110, 12.5.4), or Spanish."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

_ANY = "*"


@lru_cache(maxsize=256)
def language_of(accept_language: str) -> str:
    """The best of our languages for an ``Accept-Language`` header; Spanish when it names none of them.

    A language with the weight 0 is one that the client does not want: it gets another, if we have one.
    """
    asked = parse_accept_lang_header(accept_language)
    unwanted = {code for code, quality in asked if not quality}
    for code, quality in asked:
        if code == _ANY or not quality:
            break  # they stand in the order of their weights: whatever else there is
        try:
            found = get_supported_language_variant(code)
        except LookupError:
            continue
        if found not in unwanted:
            return found
    return next((code for code in _ours() if code not in unwanted), settings.LANGUAGE_CODE)


def language_of_request(request: HttpRequest) -> str:
    """The language that the browser's user chose at the console, or the best for what the client accepts."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
    return chosen if chosen in _ours() else language_of(request.headers.get("Accept-Language", ""))


class LanguageMiddleware(LocaleMiddleware):
    """Django's own, with our reading of what a client accepts: theirs answers ``en;q=0`` in English."""

    def process_request(self, request: HttpRequest) -> None:
        """Put the request's language in force."""
        translation.activate(language_of_request(request))
        request.LANGUAGE_CODE = translation.get_language()

    def process_response(self, _request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Say which language it was. No address of ours begins with one, so nobody is sent elsewhere."""
        patch_vary_headers(response, ("Accept-Language",))
        response.headers.setdefault("Content-Language", translation.get_language() or settings.LANGUAGE_CODE)
        return response


def _ours() -> list[str]:
    """Our languages, the default one first."""
    return [code for code, _name in settings.LANGUAGES]
