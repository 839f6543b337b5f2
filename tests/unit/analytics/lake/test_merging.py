"""Merging is the rule of ``analytics.domain.lineage``, whatever comes in whatever order."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.domain.datasets import Dataset, Month
from analytics.domain.lineage import identity_of, rank_of
from analytics.lake import store
from analytics.lake.files import parquet_of, table_of
from analytics.lake.merging import in_bucket, merged
from analytics.lake.snapshots import MonthSnapshot
from analytics.lake.store import StoredObject
from analytics.queries.merging import merge_of
from edu.tenancy import enter_school
from tests.support.depth import depth

SEQUENCES = st.one_of(st.none(), st.just(""), st.integers(1, 10**22).map(str))
EVENTS = st.fixed_dictionaries(
    {
        "student_pseudonym": st.sampled_from([None, "", "a1", "b2", "0c", "Zz"]),
        "event_id": st.sampled_from([None, "e1", "e2"]),
        "occurred_at_epoch_s": st.integers(1_772_323_200, 1_772_323_210),
        "arrived_at_epoch_s": st.integers(1, 3),
        "arrived_at_ms": st.one_of(st.none(), st.integers(900, 3100)),
        "sequence": SEQUENCES,
    }
)
GRADES = st.fixed_dictionaries(
    {
        "entity": st.sampled_from([None, "", "score", "evaluation"]),
        "evaluation_id": st.sampled_from(["v1", "v2"]),
        "student_pseudonym": st.sampled_from([None, "a1", ""]),
        "version": st.integers(1, 2),
        "state": st.sampled_from([None, "recorded", "standing", "deleted"]),
        "section_id": st.just("s"),
        "term_id": st.just("t"),
        "sequence": SEQUENCES,
    }
)


def rows_of(dataset: Dataset) -> st.SearchStrategy[list[dict[str, Any]]]:
    one: st.SearchStrategy[dict[str, Any]] = EVENTS if dataset is Dataset.EVENTS else GRADES
    rows = st.lists(one, max_size=30)
    # two changes of the stream never have one id
    return rows.map(lambda found: [row | {"change_id": f"c{number}"} for number, row in enumerate(found)])


@pytest.mark.parametrize("dataset", list(Dataset))
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_of_each_identity_the_row_that_counts_is_left(dataset: Dataset, data: st.DataObject) -> None:
    rows = data.draw(rows_of(dataset))
    expected: dict[Any, dict[str, Any]] = {}
    for row in rows:
        known = expected.get(identity_of(dataset, row))
        if known is None or rank_of(dataset, row) < rank_of(dataset, known):
            expected[identity_of(dataset, row)] = row
    found = merged(dataset, [table_of(dataset, rows)]).to_pylist()
    assert sorted(row["change_id"] for row in found) == sorted(row["change_id"] for row in expected.values())


@pytest.mark.parametrize("dataset", list(Dataset))
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_order_and_cut_of_what_comes_in_change_no_byte(dataset: Dataset, data: st.DataObject) -> None:
    rows = data.draw(rows_of(dataset))
    shuffled = random.Random(data.draw(st.integers())).sample(rows, len(rows))  # noqa: S311 - an order
    middle = len(rows) // 2
    once = merged(dataset, [table_of(dataset, rows)])
    parts = merged(dataset, [table_of(dataset, shuffled[:middle]), table_of(dataset, shuffled[middle:])])
    assert parquet_of(parts) == parquet_of(once)
    assert parquet_of(merged(dataset, [once])) == parquet_of(once)


@pytest.mark.parametrize("dataset", list(Dataset))
@settings(max_examples=depth(20, 50), deadline=None)
@given(data=st.data())
def test_buckets_together_hold_every_row_once(dataset: Dataset, data: st.DataObject) -> None:
    table = table_of(dataset, data.draw(rows_of(dataset)))
    for length in (0, 1, 2):
        prefixes = map("".join, itertools.product("0123456789abcdef", repeat=length))
        found = [row["change_id"] for prefix in prefixes for row in in_bucket(table, prefix).to_pylist()]
        assert sorted(found) == sorted(table.column("change_id").to_pylist())


@pytest.mark.parametrize("dataset", list(Dataset))
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_statement_for_a_month_too_large_follows_the_same_rule(dataset: Dataset, data: st.DataObject) -> None:
    table = table_of(dataset, data.draw(rows_of(dataset)))
    key = f"{dataset.value}/year=2026/month=03/school=norte/named's.parquet"
    named = StoredObject(key, 1, "", datetime(2026, 3, 1, tzinfo=UTC))
    with enter_school("norte"):
        sql = merge_of(MonthSnapshot(dataset, Month(2026, 3), None, loose=(named,)))
    with duckdb.connect() as engine:
        engine.register("rows", table)
        columns = "*, 'norte' AS school, 2026 AS year, 3 AS month"
        replaced = "REPLACE ('not named' AS change_id), 'norte' AS school, 2026 AS year, 3 AS month"
        engine.execute(
            f'CREATE VIEW {dataset} AS SELECT {columns}, $${store.url_of(key)}$$ AS "$path" FROM rows'
            f" UNION ALL SELECT * {replaced}, $${store.url_of('another')}$$ FROM rows"
        )
        found = engine.execute(sql).to_arrow_table()
    assert found is not None
    expected = merged(dataset, [table]).column("change_id").to_pylist()
    assert sorted(found.column("change_id").to_pylist()) == sorted(expected)
