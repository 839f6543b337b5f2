"""The list of schools takes no id that is the isolation canaries'."""

from __future__ import annotations

import pytest

from edu.schools import RegisteredSchool, register_school
from edu.tenancy import InvalidSchoolIdError, is_canary_id


@pytest.mark.parametrize("school_id", ["canary-a", "canary-colegio", "canary-1"])
def test_no_school_is_registered_in_the_canaries_name_space(school_id: str) -> None:
    with pytest.raises(InvalidSchoolIdError):
        register_school(RegisteredSchool(school_id, "CL", "America/Santiago"))


@pytest.mark.parametrize(
    "value", ["canary", "canary-#", "Canary-a", "the-canary-a", "canary-*", "", None, ["canary-a"]]
)
def test_what_is_no_canary(value: object) -> None:
    assert not is_canary_id(value)
