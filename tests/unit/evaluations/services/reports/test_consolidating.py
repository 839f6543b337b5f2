"""When stored grades are no longer what would be computed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from evaluations.domain.scales import STANDARD_SCALES, Rounding
from evaluations.services.reports.consolidating import rules_digest


@pytest.mark.parametrize(
    "change",
    [
        {"passing": "3.5"},
        {"rounding": Rounding.DOWN},
        {"final_step": Decimal("0.5")},
        {"final_passing": "3.9"},
        {"late_penalty": Decimal("0.5")},
    ],
    ids=lambda change: next(iter(change)),
)
def test_each_rule_of_the_scale_has_grades_computed_anew(change: dict[str, object]) -> None:
    scale = STANDARD_SCALES["1-7"]
    assert rules_digest(replace(scale, **change)) != rules_digest(scale)  # type: ignore[arg-type]  # one field after the other
    assert rules_digest(replace(scale)) == rules_digest(scale)
