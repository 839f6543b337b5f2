"""Rows as Parquet files and back, in the form of any schema version.

A file that is written has the newest schema's columns and says so in its metadata (``libreta.schema``). A file that is
read may be of any version: columns that it does not know are empty, and what is not of the schema is left out.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from analytics.domain.schemas import SCHEMA_VERSION, ColumnType, columns_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from analytics.domain.datasets import Dataset
    from analytics.domain.schemas import Column

_TYPES: Final = {
    ColumnType.STRING: pa.string(),
    ColumnType.INT: pa.int32(),
    ColumnType.BIGINT: pa.int64(),
    ColumnType.DOUBLE: pa.float64(),
}
_ROW_GROUP_ROWS: Final = 200_000


def schema_of(dataset: Dataset) -> pa.Schema:
    """The newest schema, as pyarrow has it."""
    return arrow_schema(columns_of(dataset)).with_metadata({"libreta.schema": f"{dataset.value}/{SCHEMA_VERSION}"})


def arrow_schema(columns: Iterable[Column]) -> pa.Schema:
    """Columns as pyarrow has them."""
    return pa.schema([pa.field(column.name, _TYPES[column.type]) for column in columns])


def table_of(dataset: Dataset, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Rows as a table of the newest schema. A column that a row lacks is empty there."""
    return pa.Table.from_pylist([dict(row) for row in rows], schema=schema_of(dataset))


def parquet_of(table: pa.Table) -> bytes:
    """A table as a Parquet file: the same table gives the same bytes, with the same version of pyarrow."""
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd", row_group_size=_ROW_GROUP_ROWS)
    return sink.getvalue()


def read_parquet(dataset: Dataset, body: bytes) -> pa.Table:
    """A file's rows under the newest schema, whichever it was written with.

    Raises:
        pyarrow.ArrowInvalid: it is no Parquet file, or one whose columns are of other types.
    """
    return _under(schema_of(dataset), pq.read_table(io.BytesIO(body)))


def _under(schema: pa.Schema, found: pa.Table) -> pa.Table:
    columns = [
        found.column(field.name).cast(field.type)
        if field.name in found.column_names
        else pa.nulls(found.num_rows, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)
