"""A browser: Django's test client sends every form as multipart, a browser only one with a file in it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.test import Client

FORM = "application/x-www-form-urlencoded"


class Browser(Client):
    """Django's client, whose forms go as a browser sends those of the console."""

    def post(self, path: str, data: Any = None, content_type: str = FORM, **more: Any) -> Any:  # type: ignore[override]
        """Send a form."""
        sent = urlencode(data, doseq=True) if isinstance(data, dict) else data or ""
        return super().post(path, sent, content_type=content_type, **more)
