from __future__ import annotations

from django.utils import translation

from edu.identity.principal import Role
from edu.identity.role_names import ROLE_NAMES, role_name


def test_every_role_has_a_name() -> None:
    assert ROLE_NAMES.keys() == set(Role)


def test_role_is_named_in_spanish_and_an_unknown_one_by_itself() -> None:
    with translation.override("es"):
        assert str(role_name("teacher")) == "Docente"
        assert role_name("beadle") == "beadle"
