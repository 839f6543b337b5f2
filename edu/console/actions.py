"""What the audit trail's actions (``<entity>.<verb>``, as services write them) and capacities are called on a page.

The app that writes them registers their names as it is loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.utils.functional import Promise

_names: dict[str, Promise] = {}
_capacities: dict[str, Promise] = {}


def register_actions(names: Mapping[str, Promise]) -> None:
    """Take the names of an app's actions.

    Raises:
        ImproperlyConfigured: one is registered already; none is taken.
    """
    twice = sorted(names.keys() & _names.keys())
    if twice:
        raise ImproperlyConfigured(f"audit actions registered twice: {', '.join(twice)}")
    _names.update(names)


def registered_actions() -> dict[str, Promise]:
    """Every action that has a name, with it."""
    return dict(_names)


def action_name(action: str) -> str | Promise:
    """The action's name; an old action that no code writes any more keeps its own."""
    return _names.get(action, action)


def register_capacities(names: Mapping[str, Promise]) -> None:
    """Take the names of what people act as in an app."""
    _capacities.update(names)


def capacity_name(capacity: str) -> str | Promise:
    """The capacity's name; an old one that no code writes any more keeps its own."""
    return _capacities.get(capacity, capacity)
