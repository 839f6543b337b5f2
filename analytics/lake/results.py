"""The rows of an answer as a Parquet file, for a school that goes on reckoning with them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_TYPES: Mapping[str, Any] = {
    "str": pa.string(),
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
}


def parquet_of_answer(columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    """A file of these columns, by name and type (``str``, ``int``, ``float``, ``bool``, ``date``), in their order."""
    schema = pa.schema([pa.field(name, _TYPES[kind]) for name, kind in columns.items()])
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows], schema=schema), sink, compression="zstd")
    return sink.getvalue()
