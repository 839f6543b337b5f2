"""Messages before a real worker, and a worker that keeps its school."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.isolation import workers
from tests.support.depth import depth

if TYPE_CHECKING:
    from tests.isolation.sections import Hole
    from tests.support.cloud import Cloud


def test_messages_keep_the_schools_apart(cloud: Cloud) -> None:
    section = workers.run(cloud, interleaved=depth(40, 200))
    assert section.unexpected == ()
    assert len(section.cells) >= 50


@pytest.mark.parametrize("hole", workers.HOLES, ids=lambda hole: hole.name)
def test_worker_that_keeps_its_school_turns_the_section_red(cloud: Cloud, hole: Hole) -> None:
    assert hole.narrow
    with hole.plant(cloud):
        seen = {cell.observed for cell in hole.narrow(cloud).cells}
    assert seen == {"KEPT"}
