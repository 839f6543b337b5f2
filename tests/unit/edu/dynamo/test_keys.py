"""No part of a key can be read as two, and no key can be made outside its scope."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edu.dynamo.keys import InvalidKeyError, checked, joined, platform_partition, school_partition
from edu.tenancy import NoScopeError, enter_platform, enter_school

BAD_PARTS = ["", "#", "a#b", "#a", "a#", "a\0", "a\n", "\x7f", "a\u200b", "\u2028", "\ud800", "x" * 257, "ñ" * 129]


@pytest.mark.parametrize("part", BAD_PARTS)
def test_bad_part_refused_everywhere(part: str) -> None:
    with enter_school("norte"):
        for make in (checked, joined, platform_partition, school_partition):
            with pytest.raises(InvalidKeyError) as raised:
                make(part)
            assert not part or part not in str(raised.value)


@given(st.text(max_size=300))
def test_whatever_is_accepted_comes_back_from_a_joined_key_as_it_was(part: str) -> None:
    try:
        accepted = checked(part)
    except InvalidKeyError:
        return
    assert joined("A", accepted, "B").split("#") == ["A", part, "B"]
    assert len(part.encode()) <= 256


def test_school_partition_is_the_scopes_own() -> None:
    with enter_school("norte"):
        assert school_partition() == "SCHOOL#norte"
        assert school_partition("SECTION", "mat-5a") == "SCHOOL#norte#SECTION#mat-5a"
        with enter_school("norte2"):
            assert school_partition("SECTION") == "SCHOOL#norte2#SECTION"


def test_no_school_partition_outside_a_school() -> None:
    with pytest.raises(NoScopeError):
        school_partition("SECTION")
    with enter_platform(), pytest.raises(NoScopeError):
        school_partition("SECTION")
