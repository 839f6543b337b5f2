"""The matrix of addresses: complete, and red when it should be. ``make isolation`` runs the whole of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.isolation import routes, routes_probes
from tests.isolation.routes_school import seed_pair

if TYPE_CHECKING:
    from tests.support.cloud import Cloud

HOLES = {hole.name: hole for hole in routes.HOLES}


def test_every_address_has_a_cover() -> None:
    assert routes.uncovered() == []


@pytest.mark.parametrize("only", ["api/v1/evaluations/<id:evaluation_id>/scores", "admin/evaluations/evaluation/<path"])
def test_addresses_keep_the_schools_apart(cloud: Cloud, only: str) -> None:
    section = routes.run(cloud, only)
    assert section.unexpected == ()
    assert len(section.cells) > 500


def test_changes_of_a_school_are_its_own(cloud: Cloud) -> None:
    """Its address names no record: what keeps the schools apart is the token alone, and the cursor (see the probes)."""
    section = routes.run(cloud, "api/v1/changes")
    assert (section.unexpected, section.problems) == ((), ())
    assert len(section.cells) > 50


def test_exports_of_a_school_are_its_own(cloud: Cloud) -> None:
    section = routes.run(cloud, "api/v1/school/exports")
    assert (section.unexpected, section.problems) == ((), ())
    assert len(section.cells) > 100


@pytest.mark.usefixtures("cloud")
def test_crossed_requests_keep_the_schools_apart() -> None:
    cells = routes_probes.run(*seed_pair())
    assert [cell.describe() for cell in cells if not cell.as_expected] == []
    assert len(cells) > 30


def test_address_without_cover_turns_the_matrix_red(cloud: Cloud) -> None:
    with HOLES["route-without-cover"].plant(cloud):
        assert routes.uncovered() == ["route without cover: api/v1/uncovered"]
    assert routes.uncovered() == []


def test_admin_that_looks_in_every_school_turns_the_matrix_red(cloud: Cloud) -> None:
    with HOLES["admin-without-tenant"].plant(cloud):
        section = routes.run(cloud, "admin/evaluations/evaluation/<path:object_id>/change/")
    assert any("LEAK" in line for line in section.unexpected)
