"""``manage.py compile_translations``: make the ``.mo`` files after a change to a ``.po`` file."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand

from deploy.translations.catalogue import make_mo, read_po


class Command(BaseCommand):
    """Compiles every catalogue of the project. Idempotent; needs nothing of gettext."""

    help = "Make the .mo files from the .po files."

    def handle(self, *_args: object, **_options: object) -> None:
        """Compile, and name each file made."""
        for folder in settings.LOCALE_PATHS:
            for source in sorted(Path(folder).rglob("*.po")):
                target = source.with_suffix(".mo")
                target.write_bytes(make_mo(read_po(source.read_text(encoding="utf-8"))))
                self.stdout.write(target.name)
