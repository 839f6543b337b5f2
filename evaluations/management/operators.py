"""Who acts when a command does: the operator who runs it, under the name that the command line gives."""

from __future__ import annotations

from edu.identity.principal import Principal, Role


def operator(name: str) -> Principal:
    """The operator of this name, who belongs to no school."""
    return Principal(name, Role.PLATFORM_OPERATOR, None)
