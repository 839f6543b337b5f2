"""A table over its files: columns of any version, the partition by where the object lies, the object's own address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from deploy.emulator.extension import query_relation
from deploy.emulator.extension.query_files import StoredObject
from deploy.emulator.extension.query_partitions import layout_of
from deploy.emulator.extension.query_relation import PlacedFile, Relation
from tests.unit.deploy.emulator.test_query_partitions import PROJECTION, table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PARQUET = {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"}


@pytest.fixture(autouse=True)
def columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_relation, "_columns", query_relation._ColumnsOfFiles())


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as opened:
        yield opened


def relation(tmp_path: Path, *selects: str, first: int = 1, partitions: Any = None, **more: Any) -> Relation:
    """Files of one SELECT each, numbered from ``first``."""
    definition = table(PROJECTION)
    definition["StorageDescriptor"]["SerdeInfo"] = PARQUET
    files = []
    for number, select in enumerate(selects, first):
        path = tmp_path / str(number)
        duckdb.sql(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
        at = partitions[number - first] if partitions else ("2026", f"{number:02}", "s-1")
        files.append(PlacedFile(StoredObject("lake", f"k'ñ/{number}", select, 1), at, str(path)))
    return Relation(definition, layout_of(definition), files, more.get("with_path", False))


def rows(connection: duckdb.DuckDBPyConnection, one: Relation, what: str = "*") -> list[tuple[Any, ...]]:
    return connection.execute(f"SELECT {what} FROM {one.sql(connection)} ORDER BY ALL").fetchall()


def test_each_row_has_its_objects_partition_and_address(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    one = relation(tmp_path, *(f"SELECT 'e-{n}' AS event_id" for n in range(3)), first=5, with_path=True)
    assert rows(connection, one, 'event_id, year, month, school, "$path"') == [
        (f"e-{n}", 2026, n + 5, "s-1", f"s3://lake/k'ñ/{n + 5}") for n in range(3)
    ]


def test_a_partition_of_no_value_is_null(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    at = [("2026", None, "a'b"), ("2025", None, "a'b")]
    one = relation(tmp_path, "SELECT '1' AS event_id", "SELECT '2' AS event_id", partitions=at)
    assert rows(connection, one, "year, month, school") == [(2025, None, "a'b"), (2026, None, "a'b")]


def test_a_files_own_word_on_its_partition_does_not_count(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    one = relation(tmp_path, "SELECT 'e' AS event_id, 'other' AS school, 1 AS year")
    assert rows(connection, one, "event_id, school, year") == [("e", "s-1", 2026)]


def test_files_of_several_versions_are_read_by_their_columns_names(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    one = relation(
        tmp_path,
        "SELECT 'e-1' AS event_id, 1.5::DECIMAL(5,2) AS score",
        "SELECT 2::BIGINT AS SCORE, {'event_id': 1, 'x': [1]} AS nested, 'e-2' AS Event_ID",
        "SELECT 'e-3' AS event_id",
        "SELECT {'event_id': 1} AS nested",
    )
    found = rows(connection, one, "event_id, score")
    assert [(name, None if score is None else str(score)) for name, score in found] == [
        ("e-1", "1.50"),
        ("e-2", "2.00"),
        ("e-3", None),
        (None, None),
    ]


def test_an_object_is_opened_once_for_its_columns(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    read = query_relation._read_columns

    def noted(at: Any, files: Any) -> Any:
        opened.extend(file.path for file in files)
        return read(at, files)

    monkeypatch.setattr(query_relation, "_read_columns", noted)
    one = relation(tmp_path, "SELECT 'a' AS event_id", "SELECT 'b' AS event_id")
    for _ in range(2):
        assert len(rows(connection, one, "event_id")) == 2
    assert len(opened) == 2


def test_what_is_remembered_of_objects_is_bounded(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query_relation, "_REMEMBERED", 1)
    one = relation(tmp_path, "SELECT 'a' AS event_id", "SELECT 1 AS score")
    assert rows(connection, one, "event_id, score") == rows(connection, one, "event_id, score")
    assert len(query_relation._columns._known) == 1


def test_no_files_are_no_rows_of_the_same_columns(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    one = relation(tmp_path, with_path=True)
    assert rows(connection, one, 'event_id, score, year, "$path"') == []


def test_another_format_has_its_partition_too(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    definition = table(PROJECTION)
    definition["StorageDescriptor"]["SerdeInfo"] = {
        "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        "Parameters": {"field.delim": ","},
    }
    files = []
    for number in (1, 2):
        (tmp_path / str(number)).write_text(f"e-{number},1.5\n")
        at = ("2026", f"{number:02}", "s-1")
        files.append(PlacedFile(StoredObject("lake", str(number), "1", 1), at, str(tmp_path / str(number))))
    one = Relation(definition, layout_of(definition), files, with_path=False)
    assert rows(connection, one, "event_id, month, school") == [("e-1", 1, "s-1"), ("e-2", 2, "s-1")]
