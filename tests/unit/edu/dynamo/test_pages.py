from __future__ import annotations

from edu.dynamo.pages import Page


def test_what_is_made_of_a_page_keeps_order_and_cursor() -> None:
    assert Page([3, 1, 2], "next").map(str) == Page(["3", "1", "2"], "next")


def test_last_page_stays_the_last() -> None:
    assert Page[int]([]).map(str) == Page([], None)
