"""The Parquet files of an export: rows as they come, and a school's events under its students' own ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analytics.domain.datasets import Dataset, Month
from analytics.domain.exported import EVENTS, PARQUET
from analytics.lake import snapshots, store
from analytics.lake.files import arrow_schema, read_parquet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_ROWS_AT_ONCE: Final = 20_000
_LONGEST: Final = 60  # digits of a stream's sequence number: AWS's have up to 40


class ParquetPart:
    """A Parquet file of an export, written in groups of rows; inside ``with``."""

    def __init__(self, path: Path, name: str) -> None:
        self.rows = 0
        self._path, self._schema = path, arrow_schema(PARQUET[name])
        self._waiting: list[Mapping[str, Any]] = []

    def __enter__(self) -> Self:
        self._writer = pq.ParquetWriter(self._path, self._schema, compression="zstd")
        return self

    def __exit__(self, error: object, *_more: object) -> None:
        if error is None:
            self._flush()
        self._writer.close()

    def add(self, row: Mapping[str, Any]) -> None:
        """Take a row; what it does not say is null."""
        self._waiting.append(row)
        if len(self._waiting) >= _ROWS_AT_ONCE:
            self._flush()

    def add_table(self, table: pa.Table) -> None:
        """Take many rows at once, which have the file's columns."""
        self._flush()
        self._writer.write_table(table.cast(self._schema))
        self.rows += table.num_rows

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.Table.from_pylist([dict(row) for row in self._waiting], schema=self._schema))
            self.rows += len(self._waiting)
            self._waiting = []


def add_events(part: ParquetPart, months: Iterable[Month], student_of: Mapping[str, str]) -> None:
    """Write the events of these months as the lake has them, each once; one month is held at a time.

    ``student_of``: the student's id by pseudonym. One whose pseudonym is none of these is nobody's any more: the id is
    null. Errors as ``analytics.lake.snapshots.take``.
    """
    for month in months:
        objects = snapshots.take_month(Dataset.EVENTS, month).objects
        if objects:
            tables = [read_parquet(Dataset.EVENTS, store.get_object(found.key).body) for found in objects]
            part.add_table(_named(_first_arrivals(pa.concat_tables(tables)), student_of))


def _first_arrivals(table: pa.Table) -> pa.Table:
    """Of the rows about one event the one that counts (``analytics.domain.lineage``), by student and event."""
    arrived = pc.coalesce(table["arrived_at_ms"], pc.multiply(table["arrived_at_epoch_s"], 1000))
    sequence = pc.utf8_lpad(pc.fill_null(table["sequence"], ""), _LONGEST, "0")
    ranked = table.append_column("rank_arrived", arrived).append_column("rank_sequence", sequence)
    keys = ("student_pseudonym", "event_id", "rank_arrived", "rank_sequence", "change_id")
    ranked = ranked.sort_by([(key, "ascending") for key in keys])
    if ranked.num_rows < 2:  # noqa: PLR2004 - no two to compare
        return ranked
    said = [ranked[name].combine_chunks() for name in ("student_pseudonym", "event_id")]
    differs = [pc.not_equal(values.slice(1), values.slice(0, len(values) - 1)) for values in said]
    is_first = pc.or_(*differs)
    return ranked.filter(pa.concat_arrays([pa.array([True]), is_first]))


def _named(table: pa.Table, student_of: Mapping[str, str]) -> pa.Table:
    pseudonyms = pa.array(list(student_of), pa.string())
    ids = pa.array(list(student_of.values()), pa.string())
    at = pc.index_in(table["student_pseudonym"], value_set=pseudonyms)
    named = table.append_column("student_id", pc.take(ids, at))
    return named.sort_by([("occurred_at_epoch_s", "ascending"), ("event_id", "ascending")]).select(
        [column.name for column in PARQUET[EVENTS]]
    )
