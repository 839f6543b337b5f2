from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from edu.console import access
from edu.console.models import StaffUser
from edu.console.permissions import SEE_AUDIT_TRAIL, SIGN_IN
from edu.identity.principal import Role


def _granted(role: Role) -> set[str]:
    user = StaffUser(role=str(role))
    apps = ("console", "evaluations", "auth", "admin")
    models = ("evaluation", "score", "auditentry", "staffuser", "user", "group", "logentry")
    asked = {f"{a}.{verb}_{m}" for a in apps for verb in ("view", "add", "change", "delete") for m in models}
    return {permission for permission in asked if user.has_perm(permission)}


GRANTED: dict[Role, set[str]] = {
    Role.SCHOOL_ADMIN: {"evaluations.view_evaluation", "evaluations.view_score"},
    Role.AUDITOR: {"evaluations.view_evaluation", "console.view_auditentry"},
    Role.PLATFORM_OPERATOR: set(),
    Role.TEACHER: set(),
    Role.STUDENT: set(),
}


def test_every_role_is_here() -> None:
    assert GRANTED.keys() == set(Role)


@pytest.mark.parametrize(("role", "granted"), GRANTED.items())
def test_role_has_these_permissions_and_no_others(role: Role, granted: set[str]) -> None:
    assert _granted(role) == granted


def test_no_role_changes_anything() -> None:
    names = {name.partition(".")[2] for name in access.registered_permissions()}
    assert {name for name in names if not name.startswith("view_")} == set()


@pytest.mark.parametrize("role", list(Role))
def test_console_is_open_to_staff_only(role: Role) -> None:
    assert access.may_sign_in(role) == (role not in {Role.TEACHER, Role.STUDENT})


def test_permission_registered_twice_is_refused_whole() -> None:
    before = access.registered_permissions()
    with pytest.raises(ImproperlyConfigured, match=r"console\.view_auditentry"):
        access.register_permissions("console", {"view_new": SIGN_IN, "view_auditentry": SEE_AUDIT_TRAIL})
    assert access.registered_permissions() == before


def test_app_shown_only_to_roles_with_a_permission_of_it() -> None:
    shown = {role for role in Role if StaffUser(role=str(role)).has_module_perms("console")}
    assert shown == {Role.AUDITOR}
    assert not StaffUser(role="auditor").has_module_perms("cons")


def test_has_perms_needs_all_of_them() -> None:
    auditor = StaffUser(role="auditor")
    assert auditor.has_perms(["evaluations.view_evaluation", "console.view_auditentry"])
    assert not auditor.has_perms(["evaluations.view_evaluation", "evaluations.view_score"])


def test_session_is_bound_to_account_role_and_school() -> None:
    hashes = {
        StaffUser(subject=subject, role=role, school_id=school).get_session_auth_hash()
        for subject in ("a", "b")
        for role in ("auditor", "school_admin")
        for school in ("uno", "dos")
    }
    assert len(hashes) == 8
