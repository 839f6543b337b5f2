"""A Glue table as a relation of the engine's: the table's columns and types over the files that one reference reads.

Parquet files may be of several schema versions: a column that a file lacks is NULL, one that the table lacks is not
seen, names count without case. A value that its column's type cannot hold fails the query, as AWS's ``HIVE_BAD_DATA``.
Other formats are read by ministack's own relation, without ``"$path"``. A file's partition is where its object lies and
nothing that it says of itself.
"""

# ruff: noqa: SLF001, S608 - ministack's names are private and untyped; every part is quoted here

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import duckdb

from deploy.emulator.extension import patching
from deploy.emulator.extension.query_files import StoredObject
from deploy.emulator.extension.query_partitions import TableLayout, Values
from deploy.emulator.extension.query_statement import PATH

_FILE = "$file"
_FIRST = 1  # the engine's lists begin with it
_REMEMBERED = 20_000

Columns = tuple[tuple[str, str], ...]


class PlacedFile(NamedTuple):
    """An object, the partition it lies in, and the file that the engine reads, whose name is its number."""

    object: StoredObject
    partition: Values
    path: str


@dataclass(frozen=True)
class Relation:
    """What one reference reads. The numbers of its ``files`` follow one another."""

    table: Mapping[str, Any]
    layout: TableLayout
    files: Sequence[PlacedFile]
    with_path: bool

    def sql(self, connection: duckdb.DuckDBPyConnection) -> str:
        """The relation in parentheses. A file that is new here is opened to learn which columns it has."""
        if not self.files:
            parts = [f"CAST(NULL AS {kind}) AS {_quoted(name)}" for name, kind in self._types().items()]
            return f"(SELECT {', '.join(parts)} WHERE false)"
        if patching.service("athena")._data_format(self.table) != "parquet":
            return f"({' UNION ALL BY NAME '.join(self._of_another_format())})"
        found = _columns.of(connection, self.files)
        there = {name.lower() for columns in found for name, _ in columns}
        parts = [
            f"CAST({_quoted(name) if name in there else 'NULL'} AS {kind}) AS {_quoted(name)}"
            for name, kind in self.layout.columns.items()
        ]
        parts += [
            f"CAST({self._by_file([file.partition[place] for file in self.files])} AS {kind}) AS {_quoted(name)}"
            for place, (name, kind) in enumerate(self.layout.partitions.items())
        ]
        if self.with_path:
            addresses = [f"s3://{file.object.bucket}/{file.object.key}" for file in self.files]
            parts.append(f"{self._by_file(addresses)} AS {_quoted(PATH)}")
        return f"(SELECT {', '.join(parts)} FROM {self._reader(alike=len(found) == 1)})"

    def _types(self) -> dict[str, str]:
        return {**self.layout.columns, **self.layout.partitions, **({PATH: "VARCHAR"} if self.with_path else {})}

    def _reader(self, *, alike: bool) -> str:
        listed = ", ".join(_text(file.path) for file in self.files)
        union = "false" if alike else "true"
        return (
            f"read_parquet([{listed}], union_by_name = {union}, filename = {_text(_FILE)}, hive_partitioning = false)"
        )

    def _by_file(self, values: Sequence[str | None]) -> str:
        """An expression for what is one value for each file."""
        if len(set(values)) == 1:
            return _text(values[0])
        first = int(self.files[0].path.rpartition("/")[2])
        number = f"CAST(parse_filename({_quoted(_FILE)}) AS BIGINT) - {first - _FIRST}"
        return f"([{', '.join(_text(value) for value in values)}])[{number}]"

    def _of_another_format(self) -> Iterator[str]:
        by_partition: dict[Values, list[str]] = defaultdict(list)
        for file in self.files:
            by_partition[file.partition].append(file.path)
        for at, paths in by_partition.items():
            read = patching.service("athena")._table_relation({**self.table, "PartitionKeys": []}, paths)
            own = (
                f"CAST({_text(value)} AS {kind}) AS {_quoted(name)}"
                for value, (name, kind) in zip(at, self.layout.partitions.items(), strict=True)
            )
            yield f"SELECT {', '.join(('*', *own))} FROM {read}"


class _ColumnsOfFiles:
    """Which columns the objects' versions have; a version never changes, so each is looked at once."""

    def __init__(self) -> None:
        self._known: OrderedDict[StoredObject, Columns] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, connection: duckdb.DuckDBPyConnection, files: Sequence[PlacedFile]) -> set[Columns]:
        """The different sets of columns that the files have."""
        with self._lock:
            known = {file.object: self._known.get(file.object) for file in files}
        if new := [file for file in files if known[file.object] is None]:
            read = dict(zip((file.object for file in new), _read_columns(connection, new), strict=True))
            known.update(read)
            with self._lock:
                self._known.update(read)
                while len(self._known) > _REMEMBERED:
                    self._known.popitem(last=False)
        return {columns for columns in known.values() if columns is not None}


_columns = _ColumnsOfFiles()


def _read_columns(connection: duckdb.DuckDBPyConnection, files: Sequence[PlacedFile]) -> list[Columns]:
    listed = ", ".join(_text(file.path) for file in files)
    wanted = "file_name, name, duckdb_type, num_children"
    sql = f"SELECT {wanted} FROM parquet_schema([{listed}]) ORDER BY file_name, column_id"
    by_file: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
    for path, name, kind, children in connection.execute(sql).fetchall():
        by_file[path].append((name, kind, children or 0))
    return [tuple(_outermost(by_file[file.path])) for file in files]


def _outermost(nodes: Sequence[tuple[str, str, int]]) -> Iterator[tuple[str, str]]:
    """The columns of a file, without what they are made of: its schema is listed depth first, the file itself first."""
    inside = 0
    for name, kind, children in nodes[1:]:
        if not inside:
            yield name, kind
            inside = children
        else:
            inside += children - 1


def _text(value: str | None) -> str:
    return "NULL" if value is None else "'" + value.replace("'", "''") + "'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
