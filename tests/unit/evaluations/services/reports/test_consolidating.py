"""When stored grades are no longer what would be computed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from evaluations.domain.evaluation import EvaluationKind
from evaluations.domain.grading_policy import AbsentRule, Category, GradingPolicy
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


@pytest.mark.parametrize(
    "change",
    [
        {"categories": (Category(kind=EvaluationKind.QUIZ, drop_lowest=1),)},
        {"extra_credit_bound": Decimal("0.5")},
        {"absent": AbsentRule.PENDING},
    ],
    ids=lambda change: next(iter(change)),
)
def test_each_rule_of_the_policy_has_grades_computed_anew(change: dict[str, Any]) -> None:
    scale, policy = STANDARD_SCALES["1-7"], GradingPolicy(**change)
    assert rules_digest(scale, policy) != rules_digest(scale)
    assert rules_digest(scale, policy) == rules_digest(scale, replace(policy))


def test_grades_from_before_there_were_policies_stand() -> None:
    assert rules_digest(STANDARD_SCALES["1-7"], None) == "754c8a66d6a9ff2b7bc19a5c4eb58153"
