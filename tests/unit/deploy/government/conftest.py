"""What the tests of the simulated government share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.deploy.government.support import Talk, talking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Talk]:
    """A government, and a conversation with it."""
    with talking(tmp_path / "state.sqlite") as found:
        yield found
