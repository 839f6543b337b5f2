"""Capabilities: granted once by their app, denied to whoever is not named."""

from __future__ import annotations

import pytest

from edu.errors import ForbiddenError
from edu.identity import capabilities
from edu.identity.capabilities import Capability, grant, holds, require, roles_of
from edu.identity.principal import Principal, Role

RING = Capability("school.ring_the_bell")
SING = Capability("school.sing")


@pytest.fixture(autouse=True)
def _nothing_granted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capabilities, "_apps", set())
    monkeypatch.setattr(capabilities, "_roles", {})
    grant("school", {Role.TEACHER: frozenset({RING, SING}), Role.STUDENT: frozenset({SING})})


def _actor(role: Role) -> Principal:
    return Principal("subject", role, "norte")


def test_capability_is_held_by_the_roles_it_was_granted_to() -> None:
    assert roles_of(SING) == {Role.TEACHER, Role.STUDENT}
    assert [role for role in Role if holds(_actor(role), RING)] == [Role.TEACHER]


def test_capability_nobody_granted_is_nobodys() -> None:
    unknown = Capability("school.fly")
    assert roles_of(unknown) == frozenset()
    assert not any(holds(_actor(role), unknown) for role in Role)


def test_require_stops_whoever_has_it_not() -> None:
    require(_actor(Role.TEACHER), RING)
    with pytest.raises(ForbiddenError):
        require(_actor(Role.STUDENT), RING)


def test_app_grants_once() -> None:
    with pytest.raises(ValueError, match="granted twice: school"):
        grant("school", {Role.AUDITOR: frozenset({RING})})
    assert roles_of(RING) == {Role.TEACHER}


@pytest.mark.parametrize("name", ["school.ring_the_bell", "ring", "choirs.ring", ""])
def test_app_grants_only_its_own(name: str) -> None:
    with pytest.raises(ValueError, match=r"not of choir: "):
        grant("choir", {Role.AUDITOR: frozenset({Capability("choir.listen"), Capability(name)})})
    assert roles_of(Capability("choir.listen")) == frozenset()
    assert roles_of(RING) == {Role.TEACHER}
