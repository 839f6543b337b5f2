"""Two engines' answers are held against each other by what they say, not by the order in which they say it."""

from __future__ import annotations

import pytest

from tests.bench.lake.rows import Row, alike

SOME: list[Row] = [("a", "1", "0.3"), ("b", "2", "0.1")]


@pytest.mark.parametrize(
    "others",
    [
        [("b", "2", "0.1"), ("a", "1", "0.3")],
        [("a", "1", "0.30000000000000004"), ("b", "2", "0.1")],
    ],
)
def test_order_and_the_last_digits_of_a_fraction_do_not_count(others: list[Row]) -> None:
    assert alike(SOME, others)


@pytest.mark.parametrize(
    "others",
    [
        [],
        SOME[:1],
        [*SOME, SOME[0]],
        [("a", "1", "0.3"), ("b", "3", "0.1")],
        [("a", "1", "0.3001"), ("b", "2", "0.1")],
        [("a", "1", "0.3"), ("b", "2", "")],
        [("a", "1", "0.3"), ("b", "2")],
    ],
)
def test_anything_else_does(others: list[Row]) -> None:
    assert not alike(SOME, others)
