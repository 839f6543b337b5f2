"""A platform operator has no school: the records' pages are forbidden, before anything is looked up."""

from __future__ import annotations

import pytest

from edu.identity.principal import Role
from tests.integration.edu.console.support import AUDIT, EVALUATIONS, staff
from tests.support.calls import counted_calls

pytestmark = pytest.mark.usefixtures("cloud")


@pytest.mark.parametrize("path", [f"{EVALUATIONS}x/change/", f"{EVALUATIONS}x/delete/", f"{AUDIT}x/change/"])
def test_operators_are_refused_before_the_record_is_looked_up(path: str) -> None:
    client = staff(Role.PLATFORM_OPERATOR, None)
    with counted_calls() as calls:
        assert client.get(path).status_code == 403
    assert calls == ["GetItem"]  # the session
