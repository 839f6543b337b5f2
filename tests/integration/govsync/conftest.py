"""Fixtures of the tests of the sync."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edu.tenancy import enter_school
from tests.integration.govsync.support import (
    API_KEY,
    QUICK_WINDOW_S,
    Driver,
    Government,
    ShiftedClock,
    running_government,
    shifted_clock,
)
from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import Settings

    from tests.support.cloud import Cloud
    from tests.support.schools import TestSchool


@pytest.fixture(scope="module")
def window_s() -> float:
    """How long the government's window is, and ours: short, but in the modules that prove the limit itself."""
    return QUICK_WINDOW_S


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory, window_s: float) -> Iterator[Government]:
    """The module's simulator."""
    state = tmp_path_factory.mktemp("government") / "state.sqlite"
    with running_government(free_port(), state, window_s) as running:
        yield running


@pytest.fixture
def government(simulator: Government, settings: Settings) -> Government:
    """The government of the test, which has seen nothing yet, at the address of our settings."""
    simulator.clear()
    settings.GOV_API_URL, settings.GOV_API_KEY = simulator.url, API_KEY
    return simulator


@pytest.fixture(name="shifted_clock")
def _shifted_clock() -> Iterator[ShiftedClock]:
    """This process's clock."""
    with shifted_clock() as shifted:
        yield shifted


@pytest.fixture
def driver(
    as_worker: Cloud,  # noqa: ARG001 - signs as the worker
    school: TestSchool,
    government: Government,
    shifted_clock: ShiftedClock,
) -> Iterator[Driver]:
    """Advances runs by hand, in the school's scope and signing as the worker."""
    with enter_school(school.school_id):
        yield Driver(government, shifted_clock)
