"""A school's lake in a folder, asked by DuckDB: the queries' text without Athena.

The files are written by the product's own writer and lie as in the bucket. A query is translated from Athena's dialect
by sqlglot and reads the objects that it names and no others, for the tables are views over all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import sqlglot
from django.conf import settings
from sqlglot import TokenType
from sqlglot.dialects.trino import Trino

from analytics.domain.datasets import Dataset, Month
from analytics.domain.schemas import PARTITION_INSTANT
from analytics.lake import files, layout
from analytics.lake.snapshots import MonthSnapshot, Snapshot
from analytics.lake.store import StoredObject
from analytics.queries.questions import Lake

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from analytics.queries.questions import Answer, Asker, Cells, Question
    from analytics.queries.sql import Sql

_WRITTEN_AT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class LakeFolder:
    """The lake of the school in scope, under ``folder``."""

    folder: Path

    def add(self, dataset: Dataset, rows: Iterable[Mapping[str, Any]], name: str = "a.parquet") -> None:
        """Write a file of this name into each month that the rows lie in."""
        by_month: dict[Month, list[Mapping[str, Any]]] = {}
        for row in rows:
            by_month.setdefault(Month.of(row[PARTITION_INSTANT[dataset]]), []).append(row)
        for month, own in by_month.items():
            path = self.folder / layout.month_folder(dataset, month) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(files.parquet_of(files.table_of(dataset, own)))

    def snapshot(self, dataset: Dataset, months: Iterable[Month]) -> Snapshot:
        """What there is of the months, all of it loose but what is called ``compact-...``."""
        return Snapshot(tuple(self._month(dataset, month) for month in months))

    def ask(self, question: Question, asker: Asker) -> Answer:
        """The question's answer."""
        found = {dataset: self.snapshot(dataset, months) for dataset, months in question.months(asker).items()}
        empty = Snapshot()
        lake = Lake(events=found.get(Dataset.EVENTS, empty), grades=found.get(Dataset.GRADES, empty))
        return question.answer(asker, self.run(question.statement(asker, lake)))

    def run(self, statement: Sql) -> list[Cells]:
        """The rows of a query, as text."""
        connection = duckdb.connect()
        for dataset in Dataset:
            connection.execute(self._view(dataset))
        rows: Sequence[tuple[Any, ...]] = connection.execute(in_duckdbs_words(statement)).fetchall()
        return [tuple(None if cell is None else str(cell) for cell in row) for row in rows]

    def _month(self, dataset: Dataset, month: Month) -> MonthSnapshot:
        folder = layout.month_folder(dataset, month)
        found = [
            StoredObject(folder + path.name, path.stat().st_size, path.name, _WRITTEN_AT)
            for path in sorted((self.folder / folder).glob("*.parquet"))
        ]
        merged = tuple(one for one in found if layout.name_of(one.key).startswith(layout.COMPACTED))
        return MonthSnapshot(
            dataset, month, None, compacted=merged, loose=tuple(one for one in found if one not in merged)
        )

    def _view(self, dataset: Dataset) -> str:
        pattern = self.folder / dataset.value / "**" / "*.parquet"
        if not list(self.folder.glob(f"{dataset.value}/**/*.parquet")):
            self.add_nothing(dataset)
        address = f"'s3://{settings.LAKE_BUCKET}/' || substr(filename, {len(str(self.folder)) + 2})"
        return (
            f'CREATE VIEW {dataset.value} AS SELECT *, {address} AS "$path" '
            f"FROM read_parquet('{pattern}', hive_partitioning = true, union_by_name = true, filename = true)"
        )

    def add_nothing(self, dataset: Dataset) -> None:
        """A file without rows, in a month that nobody asks for."""
        path = self.folder / layout.month_folder(dataset, Month(2024, 1)) / "empty.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files.parquet_of(files.table_of(dataset, [])))


def in_duckdbs_words(statement: Sql) -> str:
    """The query as DuckDB reads it, with its parameters in their places."""
    text, parameters = statement.text, list(statement.parameters)
    places = [token for token in Trino().tokenize(text) if token.token_type == TokenType.PLACEHOLDER]
    for place, value in reversed(list(zip(places, parameters, strict=True))):
        text = f"{text[: place.start]}{value}{text[place.end + 1 :]}"
    return sqlglot.parse_one(text, read="trino").sql(dialect="duckdb")
