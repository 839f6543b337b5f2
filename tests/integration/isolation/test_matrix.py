"""The attack matrix over the data, part by part, and two holes it has to notice (``--plant-all`` plants every one)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.isolation import operations, repositories, sessions, storage
from tests.isolation.repositories.part import HOLES
from tests.isolation.restoring import items
from tests.isolation.sections import ALLOWED, DENIED
from tests.support.depth import depth

if TYPE_CHECKING:
    from tests.isolation.sections import Hole
    from tests.support.cloud import Cloud


def test_operations_all_as_expected(cloud: Cloud) -> None:
    before = items(cloud)
    section = operations.run(cloud, briefly=depth(short=True, long=False))
    assert section.unexpected == ()
    expected = {cell.expected for cell in section.cells if cell.target.startswith("tenant")}
    assert {ALLOWED, DENIED} <= expected
    assert items(cloud) == before


def test_sessions_all_as_expected(cloud: Cloud) -> None:
    assert sessions.run(cloud).unexpected == ()


def test_storage_all_as_expected(cloud: Cloud) -> None:
    assert storage.run(cloud, briefly=depth(short=True, long=False)).unexpected == ()


def test_repositories_all_as_expected(cloud: Cloud) -> None:
    before = items(cloud)
    assert repositories.run(cloud).unexpected == ()
    assert items(cloud) == before


@pytest.mark.parametrize("hole", HOLES, ids=lambda hole: hole.name)
def test_hole_in_the_adapter_turns_it_red(cloud: Cloud, hole: Hole) -> None:
    with hole.plant(cloud):
        assert repositories.run(cloud).unexpected
