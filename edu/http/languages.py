"""The language of a message to a person, outside Django's middleware."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header


def language_of(accept_language: str) -> str:
    """The best of our languages for an ``Accept-Language`` header; Spanish when it names none of them."""
    for code, _quality in parse_accept_lang_header(accept_language):
        try:
            return get_supported_language_variant(code)
        except LookupError:
            continue
    return str(settings.LANGUAGE_CODE)
