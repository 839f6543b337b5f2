"""Django's content types without a table: the admin asks for a model's id on each of its pages."""

from __future__ import annotations

import zlib

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS


def seed() -> None:
    """Fill the content types' cache with every model, under ids derived from their names. Idempotent.

    Raises:
        ImproperlyConfigured: two models got the same id; rename one.
    """
    seen: dict[int, str] = {}
    for model in apps.get_models():
        options = model._meta  # noqa: SLF001 - Django's documented model options
        number = zlib.crc32(options.label_lower.encode()) & 0x7FFFFFFF
        if seen.setdefault(number, options.label) != options.label:
            raise ImproperlyConfigured(f"{options.label} and {seen[number]} have the same content type id")
        found = ContentType(id=number, app_label=options.app_label, model=options.model_name or "")
        ContentType.objects._add_to_cache(DEFAULT_DB_ALIAS, found)  # type: ignore[attr-defined] # noqa: SLF001 - no public way to fill it (ADR 0004)
