from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from edu.dynamo.mapping import from_attributes, to_attributes
from evaluations.domain.evaluation import EvaluationKind
from evaluations.domain.grading_policy import AbsentRule, Category, GradingPolicy

EXAM, QUIZ = EvaluationKind.EXAM, EvaluationKind.QUIZ
WEIGHTED = tuple(Category(kind=kind, weight=Decimal(20)) for kind in EvaluationKind)
FULL = GradingPolicy(
    categories=(*WEIGHTED[1:], Category(kind=EXAM, weight=Decimal("33.33"), drop_lowest=2)),
    extra_credit_bound=Decimal("0.5"),
    absent=AbsentRule.MINIMUM,
)


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        ({"categories": WEIGHTED[1:]}, "exam; 0 is one"),
        ({"categories": (*WEIGHTED[1:], Category(kind=EXAM, drop_lowest=1))}, "without a weight"),
        ({"categories": tuple(replace(c, weight=Decimal(0)) for c in WEIGHTED)}, "no kind counts"),
        ({"categories": (Category(kind=EXAM), Category(kind=EXAM, drop_lowest=1))}, "repeats"),
        ({"extra_credit_bound": Decimal(0)}, "extra_credit_bound"),
        ({"extra_credit_bound": Decimal("-0.5")}, "extra_credit_bound"),
        ({"extra_credit_bound": Decimal("0.00001")}, "extra_credit_bound"),
        ({"extra_credit_bound": Decimal("NaN")}, "extra_credit_bound"),
        ({"absent": AbsentRule.LEFT_OUT}, "absent"),
        ({"absent": "minimum"}, "absent"),
    ],
)
def test_policy_that_contradicts_itself_is_refused(bad: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        GradingPolicy(**bad)


@pytest.mark.parametrize(
    "bad",
    [
        {"kind": "exam"},
        {"weight": Decimal(-1)},
        {"weight": Decimal(101)},
        {"weight": Decimal("0.001")},
        {"weight": Decimal("Infinity")},
        {"drop_lowest": 0},
        {"drop_lowest": 21},
    ],
)
def test_bad_category_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(bad))):
        Category(**{"kind": EXAM, **bad})


def test_policy_is_stored_exactly_and_the_order_of_its_categories_is_nothing() -> None:
    stored = to_attributes(FULL)
    assert from_attributes(GradingPolicy, stored) == FULL
    assert replace(FULL, categories=FULL.categories[::-1]) == FULL
    assert hash(from_attributes(GradingPolicy, stored)) == hash(FULL)


def test_policy_that_says_nothing_is_told_from_none() -> None:
    assert GradingPolicy().says_nothing
    assert from_attributes(GradingPolicy, to_attributes(GradingPolicy())) == GradingPolicy()
    assert not FULL.says_nothing
    assert (FULL.weight_of(EXAM), FULL.dropped_of(EXAM), FULL.dropped_of(QUIZ)) == (Decimal("33.33"), 2, 0)
