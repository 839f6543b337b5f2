"""A Glue table as a relation of the engine's: the table's columns and types over the files that one reference reads.

Parquet files may be of several schema versions: a column that a file lacks is NULL, one that the table lacks is not
seen, names count without case. A value that its column's type cannot hold fails the query, as AWS's ``HIVE_BAD_DATA``.
Other formats are read by ministack's own relation, without ``"$path"``.
"""

# ruff: noqa: SLF001, S608 - ministack's names are private and untyped; every part is quoted here

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from deploy.emulator.extension import patching
from deploy.emulator.extension.query_files import path_sql
from deploy.emulator.extension.query_partitions import TableLayout
from deploy.emulator.extension.query_statement import PATH

_FILE = "$file"


@dataclass(frozen=True)
class Relation:
    """What one reference reads."""

    table: Mapping[str, Any]
    layout: TableLayout
    files: Sequence[str]
    with_path: bool

    def sql(self, connection: duckdb.DuckDBPyConnection) -> str:
        """The relation in parentheses. The files are opened to learn which columns they have."""
        athena = patching.service("athena")
        if self.files and athena._data_format(self.table) != "parquet":
            return f"(SELECT * FROM {athena._table_relation(self.table, list(self.files))})"
        reader = _reader(self.files, self.layout) if self.files else ""
        there = _columns(connection, reader) if reader else frozenset()
        columns = {**self.layout.columns, **self.layout.partitions}
        parts = [
            f"CAST({_quoted(name) if name in there else 'NULL'} AS {kind}) AS {_quoted(name)}"
            for name, kind in columns.items()
        ]
        if self.with_path:
            path = path_sql(self.layout.bucket, _quoted(_FILE)) if reader else "CAST(NULL AS VARCHAR)"
            parts.append(f"{path} AS {_quoted(PATH)}")
        return f"(SELECT {', '.join(parts)} FROM {reader})" if reader else f"(SELECT {', '.join(parts)} WHERE false)"


def _reader(files: Sequence[str], layout: TableLayout) -> str:
    listed = ", ".join(_text(file) for file in files)
    types = ", ".join(f"{_text(name)}: {kind}" for name, kind in layout.partitions.items())
    hive = f"hive_partitioning = true, hive_types = {{{types}}}" if types else "hive_partitioning = false"
    return f"read_parquet([{listed}], union_by_name = true, filename = {_text(_FILE)}, {hive})"


def _columns(connection: duckdb.DuckDBPyConnection, reader: str) -> frozenset[str]:
    described = connection.execute(f"DESCRIBE SELECT * FROM {reader}").fetchall()
    return frozenset(str(row[0]).lower() for row in described)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
