"""The matrix of addresses: complete, and red when it should be. ``make isolation`` runs the whole of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.isolation import routes, routes_probes
from tests.isolation.routes_school import seed_pair

if TYPE_CHECKING:
    from tests.isolation.routes_school import ProbeSchool
    from tests.isolation.sections import Cell, Section
    from tests.support.cloud import Cloud

HOLES = {hole.name: hole for hole in routes.HOLES}
SCORES, EVALUATION_PAGES = "api/v1/evaluations/<id:evaluation_id>/scores", "admin/evaluations/evaluation/<path"
CHANGES, EXPORTS = "api/v1/changes", "api/v1/school/exports"


@pytest.fixture(scope="module")
def pair(cloud: Cloud) -> tuple[ProbeSchool, ProbeSchool]:  # noqa: ARG001 - the cloud must stand
    return seed_pair()


@pytest.fixture(scope="module")
def crossed(pair: tuple[ProbeSchool, ProbeSchool]) -> list[Cell]:
    return routes_probes.run(*pair)


@pytest.fixture(scope="module")
def section(cloud: Cloud, pair: tuple[ProbeSchool, ProbeSchool], crossed: list[Cell]) -> Section:
    """These addresses. In the end they are asked for one's own things, which changes them: the probes come before."""
    assert crossed
    return routes.run(cloud, [SCORES, EVALUATION_PAGES, CHANGES, EXPORTS], pair)


def test_every_address_has_a_cover() -> None:
    assert routes.uncovered() == []


# Changes and exports name no record: what keeps the schools apart is the token alone, and the cursor (see the probes).
@pytest.mark.parametrize(("address", "cells"), [(SCORES, 500), (EVALUATION_PAGES, 500), (CHANGES, 50), (EXPORTS, 100)])
def test_addresses_keep_the_schools_apart(section: Section, address: str, cells: int) -> None:
    assert section.problems == ()
    asked = [cell for cell in section.cells if address in cell.row]
    assert [cell.describe() for cell in asked if not cell.as_expected] == []
    assert len(asked) > cells


def test_crossed_requests_keep_the_schools_apart(crossed: list[Cell]) -> None:
    assert [cell.describe() for cell in crossed if not cell.as_expected] == []
    assert len(crossed) > 30


def test_address_without_cover_turns_the_matrix_red(cloud: Cloud) -> None:
    with HOLES["route-without-cover"].plant(cloud):
        assert routes.uncovered() == ["route without cover: api/v1/uncovered"]
    assert routes.uncovered() == []


def test_admin_that_looks_in_every_school_turns_the_matrix_red(
    cloud: Cloud, pair: tuple[ProbeSchool, ProbeSchool]
) -> None:
    with HOLES["admin-without-tenant"].plant(cloud):
        section = routes.run(cloud, [routes.CHANGE_PAGES], pair)
    assert any("LEAK" in line for line in section.unexpected)
