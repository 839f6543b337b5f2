"""Fixtures of the tests of the sync."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edu import clock
from edu.tenancy import enter_school
from tests.integration.govsync.support import API_KEY, Driver, Government, ShiftedClock, running_government
from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_django import Settings

    from tests.support.cloud import Cloud
    from tests.support.schools import TestSchool


@pytest.fixture
def government(tmp_path: Path, settings: Settings) -> Iterator[Government]:
    """A government of the test's own, at the address of our settings."""
    with running_government(free_port(), tmp_path / "government.sqlite") as running:
        settings.GOV_API_URL, settings.GOV_API_KEY = running.url, API_KEY
        yield running


@pytest.fixture
def shifted_clock(monkeypatch: pytest.MonkeyPatch) -> ShiftedClock:
    """This process's clock."""
    shifted = ShiftedClock()
    monkeypatch.setattr(clock, "now", shifted.now)
    return shifted


@pytest.fixture
def driver(
    as_worker: Cloud,
    school: TestSchool,
    government: Government,
    shifted_clock: ShiftedClock,
) -> Iterator[Driver]:
    """Advances runs by hand, in the school's scope and signing as the worker."""
    _free_the_slots(as_worker)
    with enter_school(school.school_id):
        yield Driver(government, shifted_clock)


def _free_the_slots(cloud: Cloud) -> None:
    """Slots and pauses outlive a test; the next one has a government of its own, so they mean nothing to it."""
    client, table = cloud.root("dynamodb"), cloud.outputs["TableName"]
    for name in ("SLOT#1", "SLOT#2", "PAUSE"):
        client.delete_item(TableName=table, Key={"pk": {"S": "PLATFORM#SYNC#RATE"}, "sk": {"S": name}})
