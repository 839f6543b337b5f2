"""Forged tokens at every door."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest import mock

from edu.identity import tokens as product
from tests.isolation import tokens

if TYPE_CHECKING:
    from tests.support.cloud import Cloud


def test_forged_tokens_open_no_door(cloud: Cloud) -> None:
    section = tokens.run(cloud)
    assert section.unexpected == ()
    assert len(section.cells) > 500


def test_verifier_without_an_audience_turns_the_section_red(cloud: Cloud) -> None:
    without = {**product._OPTIONS, "verify_aud": False}
    with mock.patch.object(product, "_OPTIONS", without):
        broken = {cell.row for cell in tokens.run(cloud).cells if not cell.as_expected}
    assert any("aud" in row for row in broken)
