"""Reads, pages and batches, on a real engine."""

from __future__ import annotations

from decimal import Decimal
from itertools import chain
from typing import Any

import pytest

from edu.dynamo import table
from edu.dynamo.cursors import InvalidCursorError
from edu.dynamo.errors import StoreError
from edu.dynamo.keys import Key, school_partition
from edu.tenancy import NoScopeError, enter_school

pytestmark = pytest.mark.dynamodb_engine


def _fill(count: int, part: str = "THING") -> str:
    partition = school_partition(part)
    puts = [
        {"pk": partition, "sk": f"{n:04d}", "n": n, "gsi1pk": partition, "gsi1sk": f"{-n + 9999:04d}"}
        for n in range(count)
    ]
    table.write_batch(table.BatchWrite(puts=puts))
    return partition


def _numbers(items: list[dict[str, Any]]) -> list[int]:
    return [item["n"] for item in items]


@pytest.mark.usefixtures("in_school")
def test_get_item_missing_is_none() -> None:
    assert table.get_item(Key(school_partition("THING"), "none")) is None


@pytest.mark.usefixtures("in_school")
def test_item_written_comes_back_exactly() -> None:
    key = Key(school_partition("THING"), "1")
    item = {
        **key.as_attributes(),
        "exact": Decimal("12.345678901234567890123456789012345678"),
        "negative_zero_scale": Decimal("-0.10"),
        "whole": 7,
        "text": "ñandú #1 ☃",
        "blob": b"\x00\xff",
        "nested": {"list": [1, Decimal("0.5"), "x"], "empty": ""},
        "truth": True,
    }
    table.write_batch(table.BatchWrite(puts=[item]))
    assert table.get_item(key) == item


@pytest.mark.usefixtures("in_school")
def test_query_pages_cover_everything_once_in_order() -> None:
    partition = _fill(53)
    query = table.Query(partition, limit=10)
    seen, cursor, pages = [], None, 0
    while True:
        page = table.query_page(query, cursor=cursor)
        seen += _numbers(page.items)
        pages += 1
        cursor = page.cursor
        if cursor is None:
            break
    assert seen == list(range(53))
    assert pages == 6


def _is_seventh(item: dict[str, Any]) -> bool:
    return bool(item["n"] % 7 == 0)


@pytest.mark.usefixtures("in_school")
@pytest.mark.parametrize(("index", "limit", "sizes"), [(False, 3, [3, 3, 2]), (True, 4, [4, 4]), (False, 9, [8])])
def test_filled_pages_cover_what_is_kept_once_in_order(
    monkeypatch: pytest.MonkeyPatch, *, index: bool, limit: int, sizes: list[int]
) -> None:
    monkeypatch.setattr(table, "_FILL_ITEMS", 5)
    query = table.Query(_fill(53), index=index, limit=limit, filtered_by="seventh")
    found, cursor = [], None
    while True:
        page = table.query_filled(query, _is_seventh, cursor=cursor)
        found.append(_numbers(page.items))
        cursor = page.cursor
        if cursor is None:
            break
    assert [len(page) for page in found] == sizes
    sevenths = list(range(0, 53, 7))
    assert list(chain.from_iterable(found)) == (sevenths[::-1] if index else sevenths)


@pytest.mark.usefixtures("in_school")
def test_filled_page_ends_at_its_bound_and_goes_on_from_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "_FILL_ITEMS", 5)
    monkeypatch.setattr(table, "_FILL_CALLS", 2)
    query = table.Query(_fill(53), limit=1, filtered_by="last")
    found, cursor, pages = [], None, 0
    while cursor or not pages:
        page = table.query_filled(query, lambda item: item["n"] == 52, cursor=cursor)
        found += _numbers(page.items)
        cursor, pages = page.cursor, pages + 1
    assert (found, pages) == ([52], 6)


@pytest.mark.usefixtures("in_school")
def test_cursor_of_another_filter_refused() -> None:
    partition = _fill(30)
    query = table.Query(partition, limit=1, filtered_by="seventh")
    cursor = table.query_filled(query, _is_seventh).cursor
    assert cursor is not None
    for other in (table.Query(partition, limit=1), table.Query(partition, limit=1, filtered_by="sixth")):
        with pytest.raises(InvalidCursorError):
            table.query_page(other, cursor=cursor)


@pytest.mark.usefixtures("in_school")
def test_query_descending_prefix_and_between() -> None:
    partition = _fill(30)
    descending = table.query_page(table.Query(partition, descending=True, limit=3))
    assert _numbers(descending.items) == [29, 28, 27]
    assert _numbers(list(table.query_all(table.Query(partition, prefix="002")))) == list(range(20, 30))
    assert _numbers(list(table.query_all(table.Query(partition, between=("0003", "0005"))))) == [3, 4, 5]


@pytest.mark.usefixtures("in_school")
def test_query_index_orders_by_its_own_key() -> None:
    partition = _fill(5)
    found = list(table.query_all(table.Query(partition, index=True, limit=2)))
    assert _numbers(found) == [4, 3, 2, 1, 0]


@pytest.mark.usefixtures("in_school")
def test_get_items_over_hundred_keys_and_duplicates() -> None:
    partition = _fill(130)
    keys = [Key(partition, f"{n:04d}") for n in range(130)] * 2 + [Key(partition, "missing")]
    assert sorted(_numbers(table.get_items(keys))) == list(range(130))


@pytest.mark.usefixtures("in_school")
def test_batch_deletes() -> None:
    partition = _fill(30)
    table.write_batch(table.BatchWrite(deletes=[Key(partition, f"{n:04d}") for n in range(28)]))
    assert _numbers(list(table.query_all(table.Query(partition)))) == [28, 29]


@pytest.mark.usefixtures("in_school")
def test_batch_with_the_same_key_twice_refused() -> None:
    twice = [{"pk": school_partition("THING"), "sk": "1"}] * 2
    with pytest.raises(StoreError):
        table.write_batch(table.BatchWrite(puts=twice))


def test_cursor_of_another_school_refused(in_school: str, other_school_id: str) -> None:
    partition = _fill(3)
    cursor = table.query_page(table.Query(partition, limit=1)).cursor
    with enter_school(other_school_id):
        _fill(3)
        with pytest.raises(InvalidCursorError):
            table.query_page(table.Query(school_partition("THING"), limit=1), cursor=cursor)
        with pytest.raises(InvalidCursorError):
            table.query_page(table.Query(f"SCHOOL#{in_school}#THING", limit=1), cursor=cursor)


@pytest.mark.usefixtures("in_school")
def test_cursor_of_another_listing_or_changed_refused() -> None:
    partition = _fill(3)
    cursor = table.query_page(table.Query(partition, limit=1)).cursor
    assert cursor is not None
    with pytest.raises(InvalidCursorError):
        table.query_page(table.Query(partition, limit=1, descending=True), cursor=cursor)
    with pytest.raises(InvalidCursorError):
        table.query_page(table.Query(partition, limit=1), cursor=cursor[:-2] + "AA")


@pytest.mark.usefixtures("engine")
def test_no_scope_no_call() -> None:
    with pytest.raises(NoScopeError):
        table.get_item(Key("SCHOOL#anything", "PROFILE"))
