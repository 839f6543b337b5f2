"""Firehose's Parquet in bulk: one statement for all rows of an object, where stock ministack runs one for each.

Rows of which a column holds values of several kinds (a number here, a text there) go the stock way, one after the
other, since one list makes one type of them.
"""

# ruff: noqa: SLF001 - ministack's own functions have private names; ministack's values have no types

import atexit
import tempfile
import threading
from pathlib import Path
from typing import Any, TypeAlias

import duckdb

from deploy.emulator.extension import patching

Row: TypeAlias = list[Any]
_COMPRESSIONS = {"GZIP": "gzip", "UNCOMPRESSED": "uncompressed"}
_KINDS = (str, int, float, bool)
_database: list[duckdb.DuckDBPyConnection] = []
_opening = threading.Lock()


def _convert_to_parquet(original: patching.AnyFunction) -> patching.AnyFunction:
    def convert_to_parquet(conversion: dict[str, Any], data: bytes) -> bytes:
        """The object's bytes. Raises firehose's _DeliveryError for rows that do not fit the table."""
        serializer = ((conversion.get("OutputFormatConfiguration") or {}).get("Serializer") or {}).get("ParquetSerDe")
        columns = _columns(conversion)
        if serializer is None or not columns:
            return bytes(original(conversion, data))
        firehose = patching.service("firehose")
        values = _transposed(columns, conversion, firehose._json_documents(data))
        if not all(_is_of_one_kind(column) for column in values):
            return bytes(original(conversion, data))
        types = [firehose._hive_to_duckdb_type(column.get("Type", "string")) for column in columns]
        selected = ", ".join(
            f'unnest(CAST(? AS {kind}[])) AS "{column["Name"]}"' for column, kind in zip(columns, types, strict=True)
        )
        compression = _COMPRESSIONS.get(serializer.get("Compression", "SNAPPY"), "snappy")
        try:
            return _written(selected, values, compression)
        except duckdb.Error as error:
            raise firehose._conversion_error("mismatch") from error

    return convert_to_parquet


def _columns(conversion: dict[str, Any]) -> list[dict[str, Any]]:
    schema = conversion.get("SchemaConfiguration") or {}
    name = f"{schema.get('DatabaseName', '')}/{schema.get('TableName', '')}"
    table = patching.service("glue")._tables.get(name) or {}
    return (table.get("StorageDescriptor") or {}).get("Columns") or []


def _transposed(
    columns: list[dict[str, Any]], conversion: dict[str, Any], documents: list[dict[str, Any]]
) -> list[Row]:
    """A list of values for each column, found by ministack's rules of names."""
    deserializer = (conversion.get("InputFormatConfiguration") or {}).get("Deserializer") or {}
    openx = deserializer.get("OpenXJsonSerDe") or {}
    fold = str.lower if openx.get("CaseInsensitive", True) else str
    with_dots = not openx.get("ConvertDotsInJsonKeysToUnderscores")
    mappings = openx.get("ColumnToJsonKeyMappings") or {}
    rows = [
        {fold(key if with_dots else key.replace(".", "_")): value for key, value in document.items()}
        for document in documents
    ]
    sources = [fold(mappings.get(column["Name"], column["Name"])) for column in columns]
    return [[row.get(source) for row in rows] for source in sources]


def _is_of_one_kind(values: Row) -> bool:
    kinds = {type(value) for value in values} - {type(None)}
    return len(kinds) <= 1 and all(kind in _KINDS for kind in kinds)


def _written(selected: str, values: list[Row], compression: str) -> bytes:
    with tempfile.TemporaryDirectory() as directory, _cursor() as cursor:
        path = Path(directory) / "out.parquet"
        cursor.execute(f"CREATE TEMP TABLE t AS SELECT {selected}", values)
        cursor.execute(f"COPY t TO '{path}' (FORMAT PARQUET, COMPRESSION {compression})")
        return path.read_bytes()


def _cursor() -> duckdb.DuckDBPyConnection:
    """A connection with temporary tables of its own; to open a database takes longer than to write a small object."""
    with _opening:
        if not _database:
            _database.append(duckdb.connect())
            atexit.register(_database.clear)  # one that is open at the end is a page of warnings
        return _database[0].cursor()


def install() -> None:
    """Convert in bulk."""
    firehose = patching.service("firehose")
    patching.require(firehose, "_json_documents", "data")
    patching.require(firehose, "_hive_to_duckdb_type", "hive_type")
    patching.require(firehose, "_conversion_error", "kind")
    scoped = patching.core("responses").AccountRegionScopedDict
    patching.require_attribute(patching.service("glue"), "_tables", scoped)
    patching.replace(firehose, "_convert_to_parquet", "conversion data", _convert_to_parquet)
