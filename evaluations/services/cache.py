"""What a process remembers of the school in scope for five minutes (settings' ``CACHES``), each school for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.cache import caches

from edu.tenancy import current_school_id

if TYPE_CHECKING:
    from collections.abc import Callable


def remembered(name: str, load: Callable[[], Any]) -> Any:  # noqa: ANN401 - the cache holds any domain object
    """What is remembered under the name, loaded if nothing is."""
    value = caches["rules"].get(_key(name))
    if value is None:
        value = load()
        remember(name, value)
    return value


def remember(name: str, value: object) -> None:
    """Keep what this process has just written or read."""
    caches["rules"].set(_key(name), value)


def forget(name: str) -> None:
    """Drop what is remembered under the name: this process has changed it, or knows better."""
    caches["rules"].delete(_key(name))


def forget_everything() -> None:
    """Drop what is remembered of every school."""
    caches["rules"].clear()


def _key(name: str) -> str:
    return f"{current_school_id()}:{name}"
