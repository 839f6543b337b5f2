"""What people may do, and which roles may do it.

Each app names its capabilities in one module, ``<app>/permissions.py``, and grants them there, a line for each role.
Views, the event door, the console and services ask for a capability, never for a role.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edu.errors import ForbiddenError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edu.identity.principal import Principal, Role

_apps: set[str] = set()
_roles: dict[Capability, frozenset[Role]] = {}


@dataclass(frozen=True)
class Capability:
    """Something that some roles may do. ``name`` is stable: ``<app>.<what>``."""

    name: str


def grant(app: str, table: Mapping[Role, frozenset[Capability]]) -> None:
    """Say which of an app's capabilities each role has, once, as its module is loaded. Unnamed roles have none.

    Raises:
        ValueError: the app has granted before, or a capability is another app's.
    """
    if app in _apps:
        raise ValueError(f"granted twice: {app}")
    granted: frozenset[Capability] = frozenset().union(*table.values())
    foreign = sorted(capability.name for capability in granted if not capability.name.startswith(f"{app}."))
    if foreign:
        raise ValueError(f"capabilities that are not of {app}: {', '.join(foreign)}")
    _apps.add(app)
    for capability in granted:
        _roles[capability] = frozenset(role for role, capabilities in table.items() if capability in capabilities)


def roles_of(capability: Capability) -> frozenset[Role]:
    """The roles that have the capability; none for one that nobody granted."""
    return _roles.get(capability, frozenset())


def holds(actor: Principal, capability: Capability) -> bool:
    """Whether the actor's role has the capability."""
    return actor.role in roles_of(capability)


def require(actor: Principal, capability: Capability) -> None:
    """Stop whoever has not the capability.

    Raises:
        ForbiddenError: the actor's role has it not.
    """
    if not holds(actor, capability):
        raise ForbiddenError
