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


def test_month_of_an_instant_is_that_of_utc() -> None:
    assert Month.of(1_772_323_199) == Month(2026, 2)
    assert Month.of(1_772_323_200) == Month(2026, 3)


def test_months_between_two_are_all_of_them_in_order() -> None:
    assert Month.between(Month(2025, 11), Month(2026, 2)) == (
        *(Month(2025, 11), Month(2025, 12)),
        *(Month(2026, 1), Month(2026, 2)),
    )
    assert Month.between(Month(2026, 2), Month(2026, 2)) == (Month(2026, 2),)
    assert Month.between(Month(2026, 2), Month(2026, 1)) == ()


def test_month_is_written_with_two_digits() -> None:
    assert str(Month(2026, 3)) == "2026-03"
