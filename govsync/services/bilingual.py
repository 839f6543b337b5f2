"""Texts of a document that is read in both languages at once: Spanish first, English second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import translation

if TYPE_CHECKING:
    from django.utils.functional import Promise


def both(message: Promise) -> tuple[str, str]:
    """The message in Spanish and in English, whatever language is in force."""
    with translation.override("es"):
        spanish = str(message)
    with translation.override("en"):
        return spanish, str(message)


def label(message: Promise) -> str:
    """The message as one label of both languages."""
    return " / ".join(both(message))
