"""Who is let into a view: whoever has the method's capability and a school."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from rest_framework.exceptions import MethodNotAllowed

from edu.identity.capabilities import holds
from edu.identity.permissions import CapabilityPermission
from edu.identity.principal import Principal, Role
from evaluations.permissions import ASSIGN_TEACHERS

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView

OPERATOR = Principal("ops", Role.PLATFORM_OPERATOR, None)
ADMIN = Principal("admin", Role.SCHOOL_ADMIN, "norte")


def is_let_in(user: Any, method: str = "POST") -> bool:
    view = cast("APIView", SimpleNamespace(capabilities={"POST": ASSIGN_TEACHERS, "GET": ASSIGN_TEACHERS}))
    return CapabilityPermission().has_permission(cast("Request", SimpleNamespace(user=user, method=method)), view)


def test_operator_does_by_command_what_no_address_lets_them_do() -> None:
    assert holds(OPERATOR, ASSIGN_TEACHERS)
    assert not is_let_in(OPERATOR)


@pytest.mark.parametrize("method", ["POST", "GET", "HEAD"])
def test_who_has_the_capability_and_a_school_is_let_in(method: str) -> None:
    assert is_let_in(ADMIN, method)


def test_who_is_nobody_is_not() -> None:
    assert not is_let_in(None)


def test_method_that_is_offered_to_nobody_is_said_first() -> None:
    with pytest.raises(MethodNotAllowed):
        is_let_in(OPERATOR, "DELETE")
