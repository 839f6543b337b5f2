"""A month that the lake can hold."""

from __future__ import annotations

from typing import Any

import pytest

from analytics.domain.datasets import Month


@pytest.mark.parametrize(("year", "month"), [(2024, 1), (2040, 12)])
def test_month_in_the_lakes_range_is_one(year: int, month: int) -> None:
    assert Month(year, month).month == month


@pytest.mark.parametrize(("year", "month"), [(2023, 12), (2041, 1), (2026, 0), (2026, 13), ("2026", 1), (2026, 1.0)])
def test_month_outside_the_lakes_range_is_refused(year: Any, month: Any) -> None:
    with pytest.raises(ValueError, match=r"month|range"):
        Month(year, month)
