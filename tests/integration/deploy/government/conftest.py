"""What the tests of the simulated government as a process share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.integration.govsync.support import Government, running_government
from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Government]:
    """The module's simulator, whose limit is hardly ever in the way."""
    with running_government(free_port(), tmp_path_factory.mktemp("government") / "state.sqlite", 0.0) as government:
        yield government


@pytest.fixture
def simulator(running: Government) -> Government:
    """The simulator, as new."""
    running.clear()
    return running
