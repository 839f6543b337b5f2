"""The numbers under which the government is told of grades."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.domain.checks import MAX_VERSION
from evaluations.domain.told_versions import ToldVersion
from tests.unit.evaluations.domain.test_score_versions import FIRST

TOLD = st.builds(ToldVersion, st.integers(0, MAX_VERSION), st.integers(1, MAX_VERSION))


@given(TOLD)
def test_number_says_what_it_was_made_of_in_twelve_digits(told: ToldVersion) -> None:
    assert ToldVersion.of_number(told.number) == told
    assert 1 <= told.number < 10**12


@given(TOLD, TOLD)
def test_later_has_the_larger_number(one: ToldVersion, other: ToldVersion) -> None:
    assert (one < other) == (one.number < other.number)


@given(st.integers(1, MAX_VERSION))
def test_number_of_what_was_never_cancelled_is_the_scores_version(version: int) -> None:
    assert ToldVersion(0, version).number == version


def test_score_has_no_version_that_would_run_into_the_next_number() -> None:
    assert replace(FIRST, version=MAX_VERSION).version == MAX_VERSION
    with pytest.raises(ValueError, match="version"):
        replace(FIRST, version=MAX_VERSION + 1)
