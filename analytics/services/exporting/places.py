"""Where the zip of an export lies, and what it is."""

from __future__ import annotations

from typing import Final

from analytics.lake import layout

CONTENT_TYPE: Final = "application/zip"
_HASH_CHARS: Final = 16


def zips_of(export_id: str) -> str:
    """How the keys of all zips of an export begin, of the school in scope."""
    return f"{layout.exports_folder()}{export_id}-"


def key_of(export_id: str, sha256: str) -> str:
    """The key of the zip with this hash."""
    return f"{zips_of(export_id)}{sha256[:_HASH_CHARS]}.zip"
