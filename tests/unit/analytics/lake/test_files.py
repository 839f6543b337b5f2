"""Rows as Parquet, and files of any version of the schema back as rows of the newest."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analytics.domain.datasets import Dataset
from analytics.domain.schemas import columns_of
from analytics.lake.files import parquet_of, read_parquet, schema_of, table_of

ROW = {"event_id": "e1", "student_pseudonym": "p", "kind": "late", "value": "", "arrived_at_epoch_s": 7}


def test_rows_come_back_as_they_were_and_what_a_row_lacks_is_empty() -> None:
    table = read_parquet(Dataset.EVENTS, parquet_of(table_of(Dataset.EVENTS, [ROW])))
    (found,) = table.to_pylist()
    assert found == {column.name: ROW.get(column.name) for column in columns_of(Dataset.EVENTS)}


def test_same_rows_make_the_same_bytes() -> None:
    assert parquet_of(table_of(Dataset.EVENTS, [ROW])) == parquet_of(table_of(Dataset.EVENTS, [ROW]))


@pytest.mark.parametrize("dataset", list(Dataset))
def test_file_of_the_first_schema_is_read_under_the_newest(dataset: Dataset) -> None:
    newest = schema_of(dataset)
    first = pa.schema([newest.field(column.name) for column in columns_of(dataset, 1)])
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([{"school_id": "norte", "kind": "exam"}], schema=first), sink)
    (found,) = read_parquet(dataset, sink.getvalue()).to_pylist()
    assert (found["school_id"], found["kind"], found["schema_version"], found["sequence"]) == (
        *("norte", "exam"),
        *(None, None),
    )


def test_column_that_is_not_of_the_schema_is_left_out_and_types_are_the_schemas() -> None:
    sink = io.BytesIO()
    pq.write_table(pa.table({"event_id": ["e"], "arrived_at_ms": pa.array([5], pa.int32()), "name": ["Ana"]}), sink)
    found = read_parquet(Dataset.EVENTS, sink.getvalue())
    assert found.schema.equals(schema_of(Dataset.EVENTS))
    assert "Ana" not in str(found.to_pylist())


def test_what_is_no_parquet_file_is_an_error() -> None:
    with pytest.raises(pa.ArrowInvalid):
        read_parquet(Dataset.EVENTS, b"no file")
