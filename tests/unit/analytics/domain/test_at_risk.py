"""The rule's bounds, and how often it is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from analytics.domain.at_risk import AtRiskRule, measure


def test_rule_is_measured_against_what_is_known() -> None:
    found = measure(["a", "b", "c"], ["b", "c", "d"], "abcdefgh")
    assert (found.found, found.false_alarms, found.missed, found.rightly_left) == (2, 1, 1, 4)
    assert found.precision == found.recall == pytest.approx(2 / 3)
    assert found.false_alarm_rate == pytest.approx(1 / 5)


def test_share_of_nobody_is_none() -> None:
    found = measure([], [], ["a"])
    assert (found.precision, found.recall, found.false_alarm_rate) == (None, None, 0)


def test_who_is_none_of_the_students_is_no_measure() -> None:
    with pytest.raises(ValueError, match="none of the students"):
        measure(["x"], [], ["a"])


@pytest.mark.parametrize(
    "bad",
    [
        {"failing_courses": 0},
        {"missing_share": 0.0},
        {"missing_share": 1.1},
        {"absences": 0},
        {"falling_by": 0},
        {"needed": 5},
    ],
)
def test_bound_that_everybody_or_nobody_reaches_is_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"not 1 to|not above 0"):
        AtRiskRule(**bad)
