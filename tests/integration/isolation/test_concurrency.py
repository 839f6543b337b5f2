"""Many schools at once, and credentials that are one school's for all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.isolation import concurrency
from tests.isolation.concurrency_requests import make_tenants
from tests.support.depth import depth

if TYPE_CHECKING:
    from tests.support.cloud import Cloud


def test_many_schools_at_once_never_cross(cloud: Cloud) -> None:
    section = concurrency.run(cloud, requests=depth(300, 1000), events=depth(120, 400))
    assert section.unexpected == ()
    assert len(section.cells) >= 40


def test_one_schools_keys_for_all_turn_the_section_red(cloud: Cloud) -> None:
    (hole,) = concurrency.HOLES
    tenants = make_tenants(2)
    with hole.plant(cloud):
        cells = concurrency.interleaved(cloud, tenants, requests=24, events=8)
    broken = {cell.column for cell in cells if not cell.as_expected}
    assert "asked, signed and named are one school in every call" in broken
