"""Roles are named where capabilities are granted and where accounts are made; everybody else asks for a capability."""

from __future__ import annotations

import ast
from importlib import import_module

import pytest

from edu.identity.capabilities import Capability, roles_of
from edu.identity.principal import Role
from tests.unit.edu.console.messages import PACKAGES, ROOT

PERMISSIONS = (
    *("analytics/permissions.py", "behavior/permissions.py", "edu/console/permissions.py"),
    "evaluations/permissions.py",
)
PLACES = {
    *PERMISSIONS,
    "edu/identity/capabilities.py",  # the one comparison
    "edu/identity/role_names.py",
    "edu/identity/tokens.py",  # reads the claim; a platform operator has no school
    "evaluations/management/operators.py",  # acts as the operator who runs a command
    "evaluations/management/commands/seed_demo.py",  # makes the demo's accounts
    "edu/management/commands/dead_letters.py",  # acts as the operator who runs it
    "edu/management/commands/erase_student.py",  # the same
    "analytics/management/commands/export_school.py",  # the same
    "analytics/services/auditing.py",  # acts for beat, who holds no token
    "analytics/services/erasing.py",  # acts as the operator who ordered an erasure
    "analytics/management/commands/lake_audit.py",  # the same
    "analytics/management/commands/lake_failures.py",  # the same
    "analytics/management/commands/legal_hold.py",  # the same
    "govsync/management/commands/sync.py",  # the same
    "deploy/local/people.py",  # finds one among them
}


def _names_a_role(node: ast.AST) -> bool:
    """``Role.X``, ``Role["X"]``, ``Role("x")``, any comparison with a ``.role`` or a role's text, ``Role as R``."""
    match node:
        case ast.Attribute(value=owner) | ast.Subscript(value=owner) if ast.unparse(owner).split(".")[-1] == "Role":
            return True
        case ast.Call(func=ast.Name(id="Role") | ast.Attribute(attr="Role"), args=[ast.Constant()]):
            return True
        case ast.Compare():
            return any(map(_is_a_role, [node.left, *node.comparators]))
        case ast.MatchValue():
            return _is_a_role(node.value)
        case ast.ImportFrom():
            return any(alias.name == "Role" and alias.asname not in {None, "Role"} for alias in node.names)
        case _:
            return False


def _is_a_role(node: ast.expr) -> bool:
    parts = list(ast.walk(node))
    texts = {part.value for part in parts if isinstance(part, ast.Constant)}
    asked = any(isinstance(part, ast.Attribute) and part.attr == "role" for part in parts)
    return asked or bool(texts & set(map(str, Role)))


def _offences(source: str) -> list[str]:
    return [ast.unparse(node) for node in ast.walk(ast.parse(source)) if _names_a_role(node)]


def test_roles_are_named_in_these_places_and_nowhere_else() -> None:
    found = {
        path.relative_to(ROOT).as_posix(): offences
        for package in (*PACKAGES, "deploy")
        for path in sorted((ROOT / package).rglob("*.py"))
        if (offences := _offences(path.read_text(encoding="utf-8")))
    }
    assert {place: offences for place, offences in found.items() if place not in PLACES} == {}
    assert found.keys() == PLACES


@pytest.mark.parametrize(
    "source",
    [
        "if actor.role is Role.TEACHER: pass",
        "allowed = frozenset({principal.Role.AUDITOR})",
        "x = Role['AUDITOR']",
        "x = Role('auditor')",
        "if actor.role == wanted: pass",
        "if wanted in (user.role, other): pass",
        "if role in {'teacher', 'head'}: pass",
        "match role:\n    case 'school_admin': pass",
        "from edu.identity.principal import Role as R",
    ],
)
def test_every_way_to_name_a_role_is_found(source: str) -> None:
    assert _offences(source)


@pytest.mark.parametrize(
    "source",
    [
        "from edu.identity.principal import Principal, Role",
        "def f(role: Role) -> str: return str(actor.role)",
        "x = Role(claims)",
        "if holds(actor, TEACH) and kind == 'exam': pass",
    ],
)
def test_passing_a_role_on_is_no_offence(source: str) -> None:
    assert not _offences(source)


def _declared(place: str) -> dict[str, Capability]:
    module = import_module(place.removesuffix(".py").replace("/", "."))
    return {name: value for name, value in vars(module).items() if isinstance(value, Capability)}


@pytest.mark.parametrize("place", PERMISSIONS)
def test_capabilities_are_named_after_their_constants_and_granted_to_somebody(place: str) -> None:
    app, declared = place.split("/")[-2], _declared(place)
    assert declared
    assert {value.name for value in declared.values()} == {f"{app}.{name.lower()}" for name in declared}
    assert [name for name, value in declared.items() if not roles_of(value)] == []


def test_every_capability_is_asked_for_outside_its_module() -> None:
    asked = {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if path.relative_to(ROOT).as_posix() not in PERMISSIONS
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute | ast.Name)
    }
    assert {name for place in PERMISSIONS for name in _declared(place)} - asked == set()
