"""Answers of the government that belong to something else, and a client that does not compare them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.isolation import government
from tests.isolation.government.ways import QUICK

if TYPE_CHECKING:
    from tests.isolation.sections import Hole
    from tests.support.cloud import Cloud


def test_answers_of_others_leave_nothing(cloud: Cloud) -> None:
    """Some of each kind; ``make isolation`` asks in every way."""
    section = government.run(cloud, only=QUICK)
    assert section.unexpected == ()
    assert {cell.column for cell in section.cells} == QUICK


@pytest.mark.parametrize("hole", government.HOLES, ids=lambda hole: hole.name)
def test_answer_that_is_not_bound_turns_the_section_red(cloud: Cloud, hole: Hole) -> None:
    assert hole.narrow
    with hole.plant(cloud):
        assert hole.narrow(cloud).unexpected
