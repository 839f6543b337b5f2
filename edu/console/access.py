"""What each role may see at the console. What is not named is refused.

Django asks by permission names, ``<app label>.<action>_<model>``. Each app registers, as it is loaded, the capability
that each of its names stands for; which roles have it, the app's ``permissions`` say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ImproperlyConfigured

from edu.console.permissions import SIGN_IN
from edu.identity.capabilities import roles_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edu.identity.capabilities import Capability
    from edu.identity.principal import Role

_capabilities: dict[str, Capability] = {}


def register_permissions(app_label: str, capabilities: Mapping[str, Capability]) -> None:
    """Take an app's permissions: ``<action>_<model>`` to the capability it stands for.

    Raises:
        ImproperlyConfigured: one is registered already; none is taken.
    """
    named = {f"{app_label}.{codename}": capability for codename, capability in capabilities.items()}
    twice = sorted(named.keys() & _capabilities.keys())
    if twice:
        raise ImproperlyConfigured(f"console permissions registered twice: {', '.join(twice)}")
    _capabilities.update(named)


def registered_permissions() -> dict[str, Capability]:
    """Every permission of the console with its capability."""
    return dict(_capabilities)


def may_sign_in(role: Role) -> bool:
    """Whether the console is open to this role at all."""
    return role in roles_of(SIGN_IN)


def allows(role: Role, permission: str) -> bool:
    """Whether the role may sign in and has the permission ``<app label>.<action>_<model>``."""
    capability = _capabilities.get(permission)
    return capability is not None and may_sign_in(role) and role in roles_of(capability)


def allows_app(role: Role, app_label: str) -> bool:
    """Whether the role has any permission of the app."""
    return any(allows(role, name) for name in _capabilities if name.startswith(f"{app_label}."))
