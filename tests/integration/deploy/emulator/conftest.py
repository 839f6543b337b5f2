"""One emulator with the stack of these tests, started once per session."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deploy.emulator.options import EmulatorOptions
from deploy.emulator.process import EmulatorProcess
from tests.integration.deploy.emulator.cloud import Cloud
from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The stack in an emulator with quick time to live; shared, so tests use schools and names of their own."""
    state_dir = tmp_path_factory.mktemp("emulator")
    options = EmulatorOptions(
        port=free_port(), state_dir=state_dir, persist=False, delivery_interval_s=0.2, ttl_interval_s=0.2
    )
    with EmulatorProcess(options) as process:
        cloud = Cloud(process)
        cloud.deploy()
        yield cloud
