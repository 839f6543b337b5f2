"""The catalogue of kinds, and what repeats it elsewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from behavior.domain.kinds import DEVICE_KINDS, KINDS, Category, Reporter, category_of
from behavior.kind_names import KIND_NAMES
from tests.unit.deploy import data_plane

if TYPE_CHECKING:
    from behavior.domain.kinds import Kind

NO_DEVICES = {Category.NOTE, Category.GUARDIAN, Category.MEASURE}


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_kind_fits_what_it_is_about(kind: Kind) -> None:
    assert re.fullmatch("[a-z_]{1,32}", kind.name)
    assert kind.reporters
    assert not (kind.category in NO_DEVICES and Reporter.DEVICE in kind.reporters)
    assert kind.has_article is (kind.category in NO_DEVICES)
    assert not kind.has_severity or kind.has_article
    assert category_of(kind.name) is kind.category


def test_class_book_has_every_category_that_it_is_asked_for() -> None:
    assert {kind.category for kind in KINDS.values()} == set(Category)
    grave = {kind.name for kind in KINDS.values() if kind.has_severity}
    assert grave == {"negative_note", "written_warning", "suspension", "conditional_enrolment", "expulsion"}


def test_every_kind_has_a_name() -> None:
    assert KIND_NAMES.keys() == KINDS.keys()


def test_gateway_takes_the_kinds_that_devices_report() -> None:
    template: dict[str, Any] = data_plane.load()
    kinds = template["Resources"]["EventModel"]["Properties"]["Schema"]["properties"]["kind"]
    assert kinds == {"enum": sorted(DEVICE_KINDS)}
