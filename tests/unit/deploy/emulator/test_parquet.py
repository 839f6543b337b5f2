"""Parquet in bulk holds what stock ministack's, row by row, holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from deploy.emulator.extension import parquet, patching

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COLUMNS = [
    {"Name": "id", "Type": "string"},
    {"Name": "score", "Type": "double"},
    {"Name": "at_s", "Type": "bigint"},
    {"Name": "is_late", "Type": "boolean"},
]
SCHEMA = {"DatabaseName": "db", "TableName": "t"}
CONVERSION = {
    "SchemaConfiguration": SCHEMA,
    "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}}},
    "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {}}},
}


@pytest.fixture(autouse=True)
def _table() -> Iterator[None]:
    tables = patching.service("glue")._tables
    tables["db/t"] = {"StorageDescriptor": {"Columns": COLUMNS}}
    yield
    tables.clear()


def _rows(content: bytes, path: Path) -> tuple[list[Any], list[Any]]:
    path.write_bytes(content)
    described = duckdb.execute(f"DESCRIBE SELECT * FROM read_parquet('{path}')").fetchall()
    return described, duckdb.execute(f"SELECT * FROM read_parquet('{path}')").fetchall()


@pytest.mark.parametrize(
    "documents",
    [
        [{"id": "a", "score": 1.5, "at_s": 3, "is_late": True}, {"ID": 'ñ "q"\'', "other": 1}, {}],
        [{"id": "a", "score": "2.5", "at_s": "1735700000"}, {"id": "b", "score": "3"}],
        [{"id": 1, "score": 1}, {"id": "x", "score": 2.5}, {"id": True}, {"id": 1.5}],
        [{"id": {"a": 1}}, {"id": [1, "x"]}],
        [{"id": "x", "at_s": 2.5}],
        [{}],
    ],
)
def test_bulk_is_as_row_by_row(documents: list[dict[str, Any]], tmp_path: Path) -> None:
    stock = patching.service("firehose")._convert_to_parquet
    data = b"\n".join(json.dumps(document).encode() for document in documents)
    bulk = parquet._convert_to_parquet(stock)(CONVERSION, data)
    assert _rows(bulk, tmp_path / "bulk") == _rows(stock(CONVERSION, data), tmp_path / "stock")


@pytest.mark.parametrize("document", [b'{"score": "soon"}', b'{"at_s": {"a": 1}}', b"[1]", b"1", b"", b"{"])
def test_what_stock_refuses_is_refused_alike(document: bytes) -> None:
    firehose = patching.service("firehose")
    found = []
    for convert in (firehose._convert_to_parquet, parquet._convert_to_parquet(firehose._convert_to_parquet)):
        with pytest.raises(firehose._DeliveryError) as refused:
            convert(CONVERSION, b'{"score": 1}\n' * bool(document) + document)
        found.append((refused.value.code, refused.value.message))
    assert found[0] == found[1]


def test_many_rows_are_one_statement() -> None:
    def stock(_conversion: Any, _data: bytes) -> bytes:
        raise AssertionError("row by row")

    data = b"".join(b'{"id": "%d", "score": %d}' % (number, number) for number in range(5000))
    assert parquet._convert_to_parquet(stock)(CONVERSION, data).startswith(b"PAR1")
