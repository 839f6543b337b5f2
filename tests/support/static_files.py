"""The console's static files, looked for once: each of Django's test clients would read all of them anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whitenoise.middleware import WhiteNoiseMiddleware  # type: ignore[import-untyped]  # it has none

if TYPE_CHECKING:
    import pytest


def find_static_files_once(patch: pytest.MonkeyPatch) -> None:
    """From now on a middleware takes the files that the first one found: they do not change during a run."""
    find: Any = WhiteNoiseMiddleware.add_files_from_finders
    found: dict[str, Any] = {}

    def add_files_from_finders(middleware: Any) -> None:
        if not found:
            find(middleware)
            found.update(middleware.files)
        middleware.files.update(found)

    patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", add_files_from_finders)
